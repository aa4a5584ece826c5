using System.Runtime.CompilerServices;
using System.Text.Json;

namespace XlLoraOnnx.Datasets;

/// <summary>Texts of a file, one at a time; its content says how.</summary>
/// <remarks>
/// A table, Parquet too: a column. JSON lines or a JSON list: a string field of its objects, or its strings themselves. Anything else: a
/// text a line. UTF-8; gzip is read through.
/// </remarks>
public static class TextColumn
{
    /// <param name="source">Its stream, where there is one, is closed.</param>
    /// <param name="column">As the user named it; null where nobody did.</param>
    /// <param name="defaultColumn">Of tables and objects where nobody named one.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is malformed, or has no such column; or it has no columns at all, and one is
    /// named.</exception>
    public static async IAsyncEnumerable<string> ReadAsync(
        TextSource source, string? column, string defaultColumn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(source, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            var texts = file.Shape.Kind switch
            {
                DataKind.Parquet => ReadParquetAsync(file, column ?? defaultColumn, cancellationToken),
                DataKind.Table => ReadTableAsync(file, column ?? defaultColumn, cancellationToken),
                DataKind.PlainText when column is not null => throw new InvalidDataException(
                    $"{Name(file)} is plain text, a text a line, and has no column \"{column}\". Leave the column out, or give a table " +
                    "(.csv, .tsv) or JSON lines (.jsonl)."),
                DataKind.PlainText => StrictUtf8.ReadLinesAsync(file.Source, cancellationToken),
                _ => ReadJsonAsync(file, column, defaultColumn, cancellationToken),
            };
            await foreach (var text in texts.ConfigureAwait(false))
                yield return text;
        }
    }

    private static async IAsyncEnumerable<string> ReadTableAsync(
        DataFile file, string column, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int? place = null;
        // An empty file has no header; that it holds no row is said by the caller.
        await foreach (var row in TableRows.ReadAsync(file, cancellationToken).ConfigureAwait(false))
        {
            if (place is { } found)
                yield return row.Fields[found];
            else
                place = TableColumns.Find(row.Fields, [column], file.Path)[0];
        }
    }

    private static async IAsyncEnumerable<string> ReadJsonAsync(
        DataFile file, string? column, string defaultColumn, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string[] fields = [column ?? defaultColumn];
        await foreach (var record in JsonRecords.ReadAsync(file, cancellationToken).ConfigureAwait(false))
            yield return column is null && record.Element.ValueKind == JsonValueKind.String ? record.Text() : record.Texts(fields)[0]!;
    }

    private static async IAsyncEnumerable<string> ReadParquetAsync(
        DataFile file, string column, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var texts in ParquetRows.TextsAsync(file, [column], cancellationToken).ConfigureAwait(false))
            yield return texts[0]!;
    }

    private static string Name(DataFile file) => file.Path == StrictUtf8.StandardInput ? "Standard input" : file.Path;
}
