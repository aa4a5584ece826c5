using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Datasets;

/// <summary>Several columns of a table, or several fields of JSON objects, of which some may not be there.</summary>
public static class TextRecords
{
    /// <param name="path">What <see cref="Dataset.Open"/> takes: a table, JSON lines, a JSON list of objects, Parquet, or a folder.</param>
    /// <param name="columns">The first must be there.</param>
    /// <returns>As many texts as columns; null where there is none.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">Malformed, not UTF-8, of another kind, or without the first column.</exception>
    public static async IAsyncEnumerable<string?[]> ReadAsync(
        string path, string[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in Dataset.Open(path).RecordsAsync(columns, open: null, cancellationToken).ConfigureAwait(false))
            yield return record;
    }

    /// <summary>Of one file.</summary>
    internal static async IAsyncEnumerable<string?[]> ReadAsync(
        TextSource source, string[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await foreach (var record in ReadAsync(file, columns, cancellationToken).ConfigureAwait(false))
                yield return record;
        }
    }

    private static IAsyncEnumerable<string?[]> ReadAsync(DataFile file, string[] columns, CancellationToken cancellationToken) =>
        file.Shape.Kind switch
        {
            DataKind.Parquet => ParquetRows.TextsAsync(file, columns, cancellationToken),
            DataKind.Table => ReadTableAsync(file, columns, cancellationToken),
            DataKind.PlainText => throw new InvalidDataException(
                $"{file.Path} is plain text; give a table (.csv, .tsv, .parquet) or JSON (.jsonl, .json) with "
                + $"{string.Join(", ", columns)}."),
            _ => ReadJsonAsync(file, columns, cancellationToken),
        };

    private static async IAsyncEnumerable<string?[]> ReadTableAsync(
        DataFile file, string[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int?[]? places = null;
        await foreach (var row in TableRows.ReadAsync(file, cancellationToken).ConfigureAwait(false))
        {
            if (places is not null)
                yield return Array.ConvertAll(places, p => p is { } place ? row.Fields[place] : null);
            else
                places = TableColumns.Find(row.Fields, columns, file.Path);
        }
    }

    private static async IAsyncEnumerable<string?[]> ReadJsonAsync(
        DataFile file, string[] columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in JsonRecords.ReadAsync(file, cancellationToken).ConfigureAwait(false))
            yield return record.Texts(columns);
    }
}
