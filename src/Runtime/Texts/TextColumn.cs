using System.Runtime.CompilerServices;
using System.Text.Json;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>Texts of a file, one at a time; the file's extension says how.</summary>
/// <remarks>
/// <c>.csv</c> and <c>.tsv</c>: a column of a table with a header row. <c>.jsonl</c> and <c>.ndjson</c>: a string field of an object a
/// line. Anything else: a text a line. UTF-8.
/// </remarks>
internal static class TextColumn
{
    /// <summary>Standard input, "-", is text; or JSONL where a column is named.</summary>
    public static IAsyncEnumerable<string> ReadAsync(
        string path, string? column, string defaultColumn, CancellationToken cancellationToken) =>
        path == StrictUtf8.StandardInput && column is not null
            ? ReadJsonLinesAsync(path, column, cancellationToken)
            : ReadAsync(path, column ?? defaultColumn, cancellationToken);

    public static IAsyncEnumerable<string> ReadAsync(string path, string column, CancellationToken cancellationToken) =>
        Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => TextTable.ReadAsync(path, ',', column, cancellationToken),
            ".tsv" => TextTable.ReadAsync(path, '\t', column, cancellationToken),
            ".jsonl" or ".ndjson" => ReadJsonLinesAsync(path, column, cancellationToken),
            _ => StrictUtf8.ReadLinesAsync(path, cancellationToken),
        };

    private static async IAsyncEnumerable<string> ReadJsonLinesAsync(
        string path, string column, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return ReadJsonLine(line, column, $"{path}, line {number}");
        }
    }

    private static string ReadJsonLine(string line, string column, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"{where} is a JSON {row.ValueKind}; each line must be an object with a string \"{column}\".");
            if (!row.TryGetProperty(column, out var value))
                throw new InvalidDataException($"{where} has no field \"{column}\"; it has {Names(row)}.");
            if (value.ValueKind != JsonValueKind.String)
                throw new InvalidDataException($"{where}: \"{column}\" is a JSON {value.ValueKind}; it must be a string.");
            return value.GetString()!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{where} is not valid JSON: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // The one thing that GetString refuses in a valid JSON string: half a surrogate pair.
            throw new InvalidDataException($"{where}: \"{column}\" is not valid Unicode: {e.Message}", e);
        }
    }

    private static string Names(JsonElement row)
    {
        var names = row.EnumerateObject().Select(p => $"\"{p.Name}\"").ToList();
        return names.Count == 0 ? "no field at all" : string.Join(", ", names);
    }
}
