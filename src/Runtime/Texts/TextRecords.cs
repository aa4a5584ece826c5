using System.Runtime.CompilerServices;
using System.Text.Json;
using CsvHelper;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>Several columns of a table, or several fields of the objects of a JSONL file, of which some may not be there.</summary>
internal static class TextRecords
{
    /// <param name="path"><c>.csv</c>, <c>.tsv</c>, <c>.jsonl</c> or <c>.ndjson</c>; UTF-8.</param>
    /// <param name="columns">The first must be there.</param>
    /// <returns>As many texts as columns; null where there is none.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">Malformed, not UTF-8, of another kind, or without the first column.</exception>
    public static IAsyncEnumerable<string?[]> ReadAsync(string path, string[] columns, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path}.", path);
        return Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".csv" => ReadTableAsync(path, ',', columns, cancellationToken),
            ".tsv" => ReadTableAsync(path, '\t', columns, cancellationToken),
            ".jsonl" or ".ndjson" => ReadLinesAsync(path, columns, cancellationToken),
            var other => throw new InvalidDataException(
                $"{path} is a {other} file; give a table (.csv, .tsv) or JSON lines (.jsonl, .ndjson) with {string.Join(", ", columns)}."),
        };
    }

    private static async IAsyncEnumerable<string?[]> ReadTableAsync(
        string path, char separator, string[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var rows = CsvReader.Create(
            StrictUtf8.Open(path), TextTable.Strict with { Separator = separator }, leaveOpen: false);
        var places = new int?[columns.Length];
        for (var i = 0; i < columns.Length; i++)
            places[i] = await TextTable.FindColumnAsync(rows, path, columns[i], isOptional: i > 0, cancellationToken).ConfigureAwait(false);
        for (long row = 0; await TextTable.NextAsync(rows, path, row, cancellationToken).ConfigureAwait(false); row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Array.ConvertAll(places, p => p is { } place ? rows.GetString(place) : null);
        }
    }

    private static async IAsyncEnumerable<string?[]> ReadLinesAsync(
        string path, string[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long number = 0;
        await foreach (var line in StrictUtf8.ReadLinesAsync(path, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return ReadLine(line, columns, $"{path}, line {number}");
        }
    }

    private static string?[] ReadLine(string line, string[] columns, string where)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var row = document.RootElement;
            if (row.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException($"{where} is a JSON {row.ValueKind}; each line must be an object with \"{columns[0]}\".");
            var texts = new string?[columns.Length];
            for (var i = 0; i < columns.Length; i++)
            {
                if (row.TryGetProperty(columns[i], out var value) && value.ValueKind != JsonValueKind.Null)
                    texts[i] = value.ValueKind == JsonValueKind.String ? value.GetString()
                        : throw new InvalidDataException($"{where}: \"{columns[i]}\" is a JSON {value.ValueKind}; it must be a string.");
            }
            return texts[0] is not null ? texts : throw new InvalidDataException($"{where} has no \"{columns[0]}\".");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{where} is not valid JSON: {e.Message}", e);
        }
    }
}
