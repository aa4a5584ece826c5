using System.Runtime.CompilerServices;
using CsvHelper;

namespace XlLoraOnnx.Formats;

/// <summary>Several columns of a table, or several fields of the objects of a JSONL file, of which some may not be there.</summary>
public static class TextRecords
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
            ".jsonl" or ".ndjson" => JsonTextLines.ReadAsync(path, columns, cancellationToken),
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
}
