using System.Runtime.CompilerServices;
using System.Text;
using CsvHelper;

namespace XlLoraOnnx.Datasets;

/// <summary>A row of a table.</summary>
/// <param name="Fields">As many as the first row has.</param>
/// <param name="Line">From 1, of its beginning or, of a row over several lines, its end.</param>
public readonly record struct TableRow(string[] Fields, long Line);

/// <summary>Rows of a table, the header being the first; strict UTF-8, nothing guessed, nothing recovered.</summary>
public static class TableRows
{
    private const string Advice =
        "Put a field with a separator, a quote or a line break into quotes, and double every quote in it.";

    // A stray quote or a field too many means that a sentence would be cut or rows swallowed.
    private static readonly CsvReaderOptions Strict = new()
    {
        Mode = CsvMode.Rfc4180,
        MalformedData = CsvMalformedDataHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Throw,
        TrimWhitespace = false,
        // A blank line is a row end too many; an empty text is written "".
        SkipEmptyLines = true,
        TrackLineNumbers = true,
        HasHeader = false,
    };

    /// <inheritdoc cref="ReadAsync(TextSource, char, CancellationToken)"/>
    /// <param name="file">A table.</param>
    public static IAsyncEnumerable<TableRow> ReadAsync(DataFile file, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(file);
        return ReadAsync(file.Source, file.Shape.Separator, cancellationToken);
    }

    /// <summary>Comma-separated rows as in RFC 4180; tab-separated ones a line each, where a quote is text unless a field is quoted whole
    /// on its line.</summary>
    /// <exception cref="InvalidDataException">A row is malformed or has another number of fields than the first, or the file is not
    /// UTF-8.</exception>
    internal static IAsyncEnumerable<TableRow> ReadAsync(TextSource source, char separator, CancellationToken cancellationToken) =>
        separator == '\t' ? ReadTabsAsync(source, null, cancellationToken) : ReadQuotedAsync(source, separator, cancellationToken);

    /// <inheritdoc cref="ReadAsync(TextSource, char, CancellationToken)"/>
    /// <param name="file">A table.</param>
    /// <param name="isUnquoted">Of a header, as it is split with quotes: whether those of a tab-separated table are text wherever they
    /// stand; null for no table.</param>
    internal static IAsyncEnumerable<TableRow> ReadAsync(
        DataFile file, Func<string[], bool>? isUnquoted, CancellationToken cancellationToken) => file.Shape.Separator == '\t'
            ? ReadTabsAsync(file.Source, isUnquoted, cancellationToken)
            : ReadQuotedAsync(file.Source, file.Shape.Separator, cancellationToken);

    private static async IAsyncEnumerable<TableRow> ReadTabsAsync(
        TextSource source, Func<string[], bool>? isUnquoted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int? count = null;
        var isText = false;
        long number = 0, row = -1;
        var quote = new OpenQuote();
        await foreach (var line in StrictUtf8.ReadLinesAsync(source, cancellationToken).ConfigureAwait(false))
        {
            number++;
            if (line.Length == 0)
                continue;
            var fields = isText ? line.Split('\t') : TabLine.Split(line, count);
            if (count is null)
                (count, isText) = (fields.Length, isUnquoted?.Invoke(fields) ?? false);
            if (fields.Length != count)
                throw new InvalidDataException(
                    $"{source.Path}, line {number}, row {row} (counted from 0 after the header): {fields.Length} fields but {count} were " +
                    "expected. In a tab-separated table a row is one line; write texts with line ends or tabs as CSV, JSON lines or " +
                    "Parquet.");
            if (count == 1 && quote.ClosedBy(line, number) is { } opened)
                throw new InvalidDataException(
                    $"{source.Path}, line {number}, row {row + 1} (counted from 0 after the header): it closes a quote that line " +
                    $"{opened} opens. Whether that is one text over several lines or several texts, a tab-separated table of one column cannot " +
                    "say. Write it as CSV (.csv), JSON lines or Parquet; or, a text a line, without the header as plain text (.txt).");
            row++;
            yield return new TableRow(fields, number);
        }
    }

    private static async IAsyncEnumerable<TableRow> ReadQuotedAsync(
        TextSource source, char separator, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var rows = CsvReader.Create(source.Open(), Strict with { Separator = separator }, leaveOpen: false);
        for (long row = -1; await NextAsync(rows, source.Path, row, cancellationToken).ConfigureAwait(false); row++)
        {
            // ReadAsync completes from its buffer without looking at the token.
            cancellationToken.ThrowIfCancellationRequested();
            var fields = new string[rows.FieldCount];
            for (int i = 0; i < fields.Length; i++)
                fields[i] = rows.GetString(i);
            yield return new TableRow(fields, rows.LineNumber);
        }
    }

    private static async ValueTask<bool> NextAsync(CsvReader rows, string path, long row, CancellationToken cancellationToken)
    {
        try
        {
            return await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (DecoderFallbackException e)
        {
            throw StrictUtf8.InvalidBytes(path, e);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException(row < 0
                ? $"{path}, header row: {e.Message}"
                : $"{path}, row {row} (counted from 0 after the header): {e.Message} {Advice}", e);
        }
    }
}
