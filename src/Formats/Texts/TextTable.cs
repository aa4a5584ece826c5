using System.Runtime.CompilerServices;
using System.Text;
using CsvHelper;

namespace XlLoraOnnx.Formats;

/// <summary>One column of a comma- or tab-separated table (RFC 4180).</summary>
public static class TextTable
{
    // Nothing is guessed and nothing recovered: a stray quote or a field too many means that a sentence would be cut or rows swallowed.
    public static readonly CsvReaderOptions Strict = new()
    {
        Mode = CsvMode.Rfc4180,
        MalformedData = CsvMalformedDataHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Throw,
        TrimWhitespace = false,
        // A blank line is a row end too many; an empty text is written "".
        SkipEmptyLines = true,
        TrackLineNumbers = true,
    };

    public static async IAsyncEnumerable<string> ReadAsync(
        TextSource source, char separator, string columnName, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var rows = CsvReader.Create(source.Open(), Strict with { Separator = separator }, leaveOpen: false);
        // An empty file has no header; that it holds no row is said by the caller.
        int column = await FindColumnAsync(rows, source.Path, columnName, isOptional: false, cancellationToken) ?? 0;
        for (long row = 0; await NextAsync(rows, source.Path, row, cancellationToken); row++)
        {
            // ReadAsync completes from its buffer without looking at the token.
            cancellationToken.ThrowIfCancellationRequested();
            yield return rows.GetString(column);
        }
    }

    /// <returns>Null if there is no header at all, or no such column where it may be missing.</returns>
    public static async ValueTask<int?> FindColumnAsync(
        CsvReader rows, string path, string columnName, bool isOptional, CancellationToken cancellationToken)
    {
        try
        {
            if (rows.Headers.Count == 0)
                await rows.ReadHeaderAsync(cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            throw StrictUtf8.InvalidBytes(path, e);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"{path}, header row: {e.Message}", e);
        }

        int[] found = [.. rows.Headers.Index().Where(h => h.Item == columnName).Select(h => h.Index)];
        if (found.Length == 1)
            return found[0];
        if (rows.Headers.Count == 0 || (isOptional && found.Length == 0))
            return null;
        throw new InvalidDataException(
            $"{path} has {found.Length} columns named {columnName}; it needs exactly one. " +
            $"Columns found: {string.Join(", ", rows.Headers.Select(h => $"\"{h}\""))}.");
    }

    public static async ValueTask<bool> NextAsync(CsvReader rows, string path, long row, CancellationToken cancellationToken)
    {
        try
        {
            return await rows.ReadAsync(cancellationToken);
        }
        catch (DecoderFallbackException e)
        {
            throw StrictUtf8.InvalidBytes(path, e);
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException(
                $"{path}, row {row} (counted from 0 after the header): {e.Message} " +
                "Put a field with a separator, a quote or a line break into quotes, and double every quote in it.", e);
        }
    }
}
