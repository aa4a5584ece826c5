using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Formats;

/// <summary>Texts of a file, one at a time; the file's extension says how.</summary>
/// <remarks>
/// <c>.csv</c> and <c>.tsv</c>: a column of a table with a header row. <c>.jsonl</c> and <c>.ndjson</c>: a string field of an object a
/// line. Anything else: a text a line. UTF-8.
/// </remarks>
public static class TextColumn
{
    /// <summary>Standard input, "-", is text; or JSONL where a column is named.</summary>
    public static IAsyncEnumerable<string> ReadAsync(
        string path, string? column, string defaultColumn, CancellationToken cancellationToken) =>
        path == StrictUtf8.StandardInput && column is not null
            ? ReadJsonLinesAsync(path, column, cancellationToken)
            : ReadAsync(path, column ?? defaultColumn, cancellationToken);

    public static IAsyncEnumerable<string> ReadAsync(TextSource source, string column, CancellationToken cancellationToken) =>
        Path.GetExtension(source.Path).ToLowerInvariant() switch
        {
            ".csv" => TextTable.ReadAsync(source, ',', column, cancellationToken),
            ".tsv" => TextTable.ReadAsync(source, '\t', column, cancellationToken),
            ".jsonl" or ".ndjson" => ReadJsonLinesAsync(source, column, cancellationToken),
            _ => StrictUtf8.ReadLinesAsync(source, cancellationToken),
        };

    private static async IAsyncEnumerable<string> ReadJsonLinesAsync(
        TextSource source, string column, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var texts in JsonTextLines.ReadAsync(source, [column], cancellationToken))
            yield return texts[0]!;
    }
}
