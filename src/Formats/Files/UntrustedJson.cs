using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Formats;

/// <summary>JSON and text files that come from elsewhere: bounded size and depth, no duplicate keys, errors that name the file.</summary>
public static class UntrustedJson
{
    /// <summary>Configuration, indexes, templates: real ones have up to 2 MB.</summary>
    public const long MaxBytes = 10_000_000;

    /// <summary>tokenizer.json: real ones have up to 35 MB.</summary>
    public const long MaxTokenizerBytes = 100_000_000;

    private const int MaxDepth = 64;

    /// <exception cref="InvalidDataException">It is no JSON, too deep, has a key twice, or its root is something else.</exception>
    /// <exception cref="NotSupportedException">It is larger than <paramref name="maxBytes"/>.</exception>
    public static JsonDocument Parse(string path, long maxBytes = MaxBytes, JsonValueKind root = JsonValueKind.Object)
    {
        using var stream = Open(path, maxBytes);
        return Parse(stream, path, root);
    }

    public static string ReadText(string path)
    {
        using var reader = new StreamReader(Open(path, MaxBytes), new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"'{path}' is not valid UTF-8: {e.Message}", e);
        }
    }

    /// <summary>What <see cref="Parse(string, long, JsonValueKind)"/> gives for a file with this text.</summary>
    /// <param name="path">For messages.</param>
    public static JsonDocument ParseText(string text, string path, JsonValueKind root = JsonValueKind.Object)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return Parse(stream, path, root);
    }

    /// <summary>What <see cref="Parse(string, long, JsonValueKind)"/> gives for a file with this content; whoever filled the stream bounded
    /// it.</summary>
    /// <inheritdoc cref="ParseText" path="/param"/>
    /// <exception cref="InvalidDataException">It is no JSON, too deep, has a key twice, or its root is something else.</exception>
    public static JsonDocument ParseStream(Stream stream, string path, JsonValueKind root = JsonValueKind.Object)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Parse(stream, path, root);
    }

    private static FileStream Open(string path, long maxBytes)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The file '{path}' does not exist.", path);
        FolderLinks.Check(path);
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length <= maxBytes)
            return stream;
        var length = stream.Length;
        stream.Dispose();
        throw new NotSupportedException($"'{path}' has {length:N0} bytes; up to {maxBytes:N0} are read, far more than such files need.");
    }

    private static JsonDocument Parse(Stream stream, string path, JsonValueKind root)
    {
        JsonDocument? document = null;
        var valid = false;
        try
        {
            document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind != root)
                throw new InvalidDataException(
                    $"'{path}' holds {document.RootElement.ValueKind}, expected {(root == JsonValueKind.Array ? "a list" : "an object")}.");
            Decode(document.RootElement);
            valid = true;
            return document;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"'{path}' holds text that is not Unicode: {e.Message}", e);
        }
        finally
        {
            if (!valid)
                document?.Dispose();
        }
    }

    /// <summary>The parser lets through what cannot be read later: invalid UTF-8 within strings, and halves of surrogate pairs.</summary>
    private static void Decode(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    Decode(item);
                break;
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    _ = property.Name;
                    Decode(property.Value);
                }
                break;
        }
    }
}
