using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>JSON files that come from elsewhere: bounded depth, no duplicate keys, errors that name the file.</summary>
internal static class JsonText
{
    private const int MaxDepth = 64;

    /// <summary>The root is an object.</summary>
    public static JsonDocument Parse(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The file '{path}' does not exist.", path);
        try
        {
            using var stream = File.OpenRead(path);
            var document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            var kind = document.RootElement.ValueKind;
            document.Dispose();
            throw new InvalidDataException($"'{path}' holds {kind}, expected an object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' is not valid JSON: {e.Message}", e);
        }
    }
}
