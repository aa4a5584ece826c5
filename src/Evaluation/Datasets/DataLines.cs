using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsvHelper;

namespace XlLoraOnnx.Evaluation;

/// <summary>Rows of tables and objects of JSON lines, each with its line; strict UTF-8, nothing guessed, nothing recovered.</summary>
internal static class DataLines
{
    // Parsed with a bound on depth, as all JSON from elsewhere.
    private static readonly JsonDocumentOptions JsonOptions = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Rows of an RFC 4180 table, the header being the first.</summary>
    public static async IAsyncEnumerable<(string[] Fields, long Line)> ReadTableAsync(
        string path, char separator, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var rows = CsvReader.Create(
            StrictUtf8.Open(path), TextTable.Strict with { Separator = separator, HasHeader = false }, leaveOpen: false);
        while (await NextAsync(rows, path, cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var fields = new string[rows.FieldCount];
            for (int i = 0; i < fields.Length; i++)
                fields[i] = rows.GetString(i);
            yield return (fields, rows.LineNumber);
        }
    }

    /// <summary>Rows of a table without quoting: a quote is text.</summary>
    public static async IAsyncEnumerable<(string[] Fields, long Line)> ReadUnquotedAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (line.Length > 0)
                yield return (line.Split('\t'), number);
        }
    }

    /// <summary>One object a line; it is gone when the next one is asked for.</summary>
    public static async IAsyncEnumerable<DataObject> ReadJsonAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
                continue;
            using var document = Parse(line, $"{path}, line {number}");
            yield return new DataObject(document.RootElement, $"{path}, line {number}", number);
        }
    }

    /// <summary>The objects of a JSON list; gone when the next one is asked for.</summary>
    public static IEnumerable<DataObject> ReadJsonList(string path, long maxBytes)
    {
        using var document = UntrustedJson.Parse(path, maxBytes, JsonValueKind.Array);
        foreach (var (index, element) in document.RootElement.EnumerateArray().Index())
        {
            if (element.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"{path}, entry {index + 1} of the list is a JSON {element.ValueKind}; it must be an object.");
            yield return new DataObject(element, $"{path}, entry {index + 1}", index + 1);
        }
    }

    /// <summary>Fields of an object that is alone on the first line, as in JSON lines; null where the first line is none.</summary>
    public static async Task<IReadOnlyList<string>?> FirstLineFieldsAsync(string path, CancellationToken cancellationToken)
    {
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line, JsonOptions);
                return document.RootElement.ValueKind == JsonValueKind.Object
                    ? [.. document.RootElement.EnumerateObject().Select(p => p.Name)]
                    : null;
            }
            catch (JsonException)
            {
                // The beginning of a document of several lines, or no JSON: whoever reads the whole of it says which.
                return null;
            }
        }
        return null;
    }

    /// <summary>SHA-256 over the files in the given order.</summary>
    public static async Task<string> FingerprintAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in paths)
        {
            await using var stream = File.OpenRead(path);
            hash.AppendData(await SHA256.HashDataAsync(stream, cancellationToken).ConfigureAwait(false));
        }
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static JsonDocument Parse(string line, string where)
    {
        try
        {
            var document = JsonDocument.Parse(line, JsonOptions);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            var kind = document.RootElement.ValueKind;
            document.Dispose();
            throw new InvalidDataException($"{where} is a JSON {kind}; each line must be an object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where} is not valid JSON: {e.Message}", e);
        }
    }

    private static async ValueTask<bool> NextAsync(CsvReader rows, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw StrictUtf8.InvalidBytes(path, e);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException(
                $"{path}: {e.Message} Put a field with a separator, a quote or a line break into quotes, and double every quote in it.", e);
        }
    }
}
