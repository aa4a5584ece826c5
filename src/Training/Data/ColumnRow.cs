using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Training;

/// <summary>A row of any file that has columns, a header's or those of each JSON object; gone when the next one is asked for.</summary>
/// <param name="Names">Of the columns, in their order.</param>
/// <param name="Number">Of its line or record, as <see cref="ColumnFile.Describe"/> takes it.</param>
/// <param name="Texts">Cells of some columns; null for one that is missing or null.</param>
internal readonly record struct ColumnRow(string[] Names, long Number, Func<int[], string?[]> Texts);

/// <summary>A file of rows, opened and known by its content.</summary>
internal sealed class ColumnFile(string path, DataKind kind)
{
    private static readonly string[] LinesAlone = ["text"];

    public string Path => path;

    /// <summary>Of tables, whose header is read by then; null for files whose rows bring their names along.</summary>
    public string[]? Header { get; private set; }

    public static async Task<ColumnFile> OpenAsync(string path, CancellationToken cancellationToken) =>
        new(path, (await DataFile.ShapeAsync(path, cancellationToken).ConfigureAwait(false)).Kind);

    /// <summary>Where a row is, as the file's kind counts.</summary>
    public string Describe(long number) => kind switch
    {
        DataKind.JsonList => $"{path}, record {number} of its list",
        DataKind.Parquet => $"{path}, row {number - 1} (from 0)",
        _ => $"{path}, line {number}",
    };

    public IAsyncEnumerable<ColumnRow> ReadAsync(CancellationToken cancellationToken) => kind switch
    {
        DataKind.Table => ReadTableAsync(cancellationToken),
        DataKind.PlainText => ReadLinesAsync(cancellationToken),
        _ => ReadObjectsAsync(cancellationToken),
    };

    private async IAsyncEnumerable<ColumnRow> ReadTableAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            await foreach (var row in TableRows.ReadAsync(file, cancellationToken).ConfigureAwait(false))
            {
                if (Header is null)
                    Header = row.Fields;
                else
                    yield return new ColumnRow(Header, row.Line, places => Array.ConvertAll(places, p => (string?)row.Fields[p]));
            }
        }
    }

    /// <summary>A text a line; blank lines are no rows, as in the other kinds.</summary>
    private async IAsyncEnumerable<ColumnRow> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = await DataFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            var number = 0L;
            await foreach (var line in StrictUtf8.ReadLinesAsync(file.Source, cancellationToken).ConfigureAwait(false))
            {
                number++;
                if (!string.IsNullOrWhiteSpace(line))
                    yield return new ColumnRow(LinesAlone, number, _ => [line]);
            }
        }
    }

    private async IAsyncEnumerable<ColumnRow> ReadObjectsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in JsonRows.ReadAsync(path, cancellationToken).ConfigureAwait(false))
        {
            string[] names = [.. record.Element.EnumerateObject().Select(p => p.Name)];
            yield return new ColumnRow(names, record.Number, places => record.Texts(Array.ConvertAll(places, p => names[p])));
        }
    }
}
