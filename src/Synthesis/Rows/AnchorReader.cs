using System.Globalization;
using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>Reads anchors from a file, one at a time; its content says how.</summary>
/// <remarks>
/// A table, Parquet too: a column <c>sent0</c>. JSON lines or a JSON list: objects with a string <c>sent0</c>, or strings. Anything
/// else: one anchor a line. Nothing is a missing value: <c>NA</c>, <c>null</c> and the empty text are anchors (an empty one is rejected
/// later, with its row). Files are UTF-8, with or without a byte order mark.
/// </remarks>
public static class AnchorReader
{
    /// <summary>Streams the anchors; the row id is the 0-based index of the row.</summary>
    /// <param name="path">A file, or a folder of files of one kind.</param>
    /// <param name="split">Of a folder with several; null where it has one.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or one of several is missing.</exception>
    /// <exception cref="InvalidDataException">Not UTF-8, malformed, without <c>sent0</c>, or without a single row.</exception>
    public static IAsyncEnumerable<Anchor> ReadAsync(string path, string? split = null, CancellationToken cancellationToken = default) =>
        NumberAsync(Dataset.Open(path, split), cancellationToken);

    /// <summary>The languages of the rows, each once, in the order in which they come.</summary>
    /// <param name="path">A table, JSON lines, a JSON list of objects, Parquet, or a folder of such files.</param>
    /// <param name="languageColumn">That has the language of each row.</param>
    /// <param name="split">Of a folder with several; null where it has one.</param>
    /// <param name="limit">Only of the first rows; null for all.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or one of several is missing.</exception>
    /// <exception cref="InvalidDataException">Malformed, without one of the columns, or a row has no language.</exception>
    public static async Task<IReadOnlyList<string>> LanguagesAsync(
        string path, string languageColumn, string? split = null, long? limit = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(languageColumn);
        OrderedDictionary<string, bool> languages = new(StringComparer.Ordinal);
        long row = 0;
        var rows = RowsAsync(Dataset.Open(path, split), InputColumns.Anchors(languageColumn), open: null, cancellationToken);
        await foreach (var read in rows.ConfigureAwait(false))
        {
            if (row++ >= limit)
                break;
            languages[read.Language!] = true;
        }
        return [.. languages.Keys];
    }

    /// <summary>The texts, at least one, with their languages where a column has them.</summary>
    /// <param name="columns">What is read.</param>
    /// <param name="open">How a file is opened; null to open it as it lies there.</param>
    internal static async IAsyncEnumerable<InputRow> RowsAsync(Dataset dataset, InputColumns columns,
        Func<string, ValueTask<TextSource>>? open, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        var languageColumn = columns.Language;
        var rows = languageColumn is null
            ? dataset.TextsAsync(columns.Named, columns.Default, open, cancellationToken).Select(text => new InputRow(text, null))
            : dataset.RecordsAsync([TripletColumns.Anchor, languageColumn], open, cancellationToken)
                .Select(texts => new InputRow(texts[0]!, texts[1]));
        await foreach (var read in rows.ConfigureAwait(false))
        {
            if (languageColumn is not null && string.IsNullOrWhiteSpace(read.Language))
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{dataset.Path}, row {row} (from 0), has no ")
                    + $"language: \"{languageColumn}\" is blank there, or the file has no such column. Each row needs one.");
            row++;
            yield return read;
        }
        if (row == 0)
            throw new InvalidDataException($"{dataset.Path} holds no anchors; it needs at least one row.");
    }

    private static async IAsyncEnumerable<Anchor> NumberAsync(Dataset dataset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        await foreach (var read in RowsAsync(dataset, InputColumns.Anchors(), open: null, cancellationToken).ConfigureAwait(false))
            yield return new Anchor(row++, read.Text);
    }
}
