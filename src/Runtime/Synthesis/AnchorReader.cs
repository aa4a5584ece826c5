using System.Runtime.CompilerServices;
using System.Text.Json;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>Reads anchors from a file, one at a time; the file's extension says how.</summary>
/// <remarks>
/// <c>.csv</c> and <c>.tsv</c>: a header row with a column <c>sent0</c>, quotes as in RFC 4180. <c>.jsonl</c> and <c>.ndjson</c>: an object
/// a line with a string <c>sent0</c>. Anything else: one anchor a line. Nothing is a missing value: <c>NA</c>, <c>null</c> and the empty
/// text are anchors (an empty one is rejected later, with its row). Files are UTF-8, with or without a byte order mark.
/// </remarks>
public static class AnchorReader
{
    internal const string Column = "sent0";

    /// <summary>Streams the anchors of the file; the row id is the 0-based index of the row.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">Not UTF-8, malformed, without <c>sent0</c>, or without a single row.</exception>
    public static IAsyncEnumerable<Anchor> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new FileNotFoundException(
                $"{path} is a folder; give a file of anchors (.csv, .tsv, .jsonl, .ndjson or plain text).", path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path} to read anchors from.", path);
        return NumberAsync(path, cancellationToken);
    }

    private static async IAsyncEnumerable<Anchor> NumberAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sentences = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => AnchorTable.ReadAsync(path, ',', cancellationToken),
            ".tsv" => AnchorTable.ReadAsync(path, '\t', cancellationToken),
            ".jsonl" or ".ndjson" => ReadJsonLinesAsync(path, cancellationToken),
            _ => StrictUtf8.ReadLinesAsync(path, cancellationToken),
        };
        long rows = 0;
        await foreach (var sentence in sentences)
            yield return new Anchor(rows++, sentence);
        if (rows == 0)
            throw new InvalidDataException($"{path} holds no anchors; it needs at least one row.");
    }

    private static async IAsyncEnumerable<string> ReadJsonLinesAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return ReadJsonLine(line, $"{path}, line {number}");
        }
    }

    private static string ReadJsonLine(string line, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"{where} is a JSON {row.ValueKind}; each line must be an object with a string \"{Column}\".");
            if (!row.TryGetProperty(Column, out var value))
                throw new InvalidDataException($"{where} has no field \"{Column}\"; it has {Names(row)}.");
            if (value.ValueKind != JsonValueKind.String)
                throw new InvalidDataException($"{where}: \"{Column}\" is a JSON {value.ValueKind}; it must be a string.");
            return value.GetString()!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where} is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The one thing that GetString refuses in a valid JSON string: half a surrogate pair.
            throw new InvalidDataException($"{where}: \"{Column}\" is not valid Unicode: {e.Message}", e);
        }
    }

    private static string Names(JsonElement row)
    {
        var names = row.EnumerateObject().Select(p => $"\"{p.Name}\"").ToList();
        return names.Count == 0 ? "no field at all" : string.Join(", ", names);
    }
}
