using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>Reads anchors from a file, one at a time; its content says how.</summary>
/// <remarks>
/// A table: a header row with a column <c>sent0</c>. JSON lines or a JSON list: objects with a string <c>sent0</c>, or strings. Anything
/// else: one anchor a line. Nothing is a missing value: <c>NA</c>, <c>null</c> and the empty text are anchors (an empty one is rejected
/// later, with its row). Files are UTF-8, with or without a byte order mark.
/// </remarks>
public static class AnchorReader
{
    /// <summary>Streams the anchors of the file; the row id is the 0-based index of the row.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">Not UTF-8, malformed, without <c>sent0</c>, or without a single row.</exception>
    public static IAsyncEnumerable<Anchor> ReadAsync(string path, CancellationToken cancellationToken = default)
    {
        Check(path);
        return NumberAsync(path, cancellationToken);
    }

    /// <summary>Refuses what is no file.</summary>
    internal static void Check(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            throw new FileNotFoundException(
                $"{path} is a folder; give a file of anchors (.csv, .tsv, .jsonl, .json or plain text).", path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file {path} to read anchors from.", path);
    }

    /// <summary>The texts alone, at least one.</summary>
    internal static async IAsyncEnumerable<string> TextsAsync(
        TextSource source, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var any = false;
        await foreach (var text in TextColumn.ReadAsync(source, null, TripletColumns.Anchor, cancellationToken).ConfigureAwait(false))
        {
            any = true;
            yield return text;
        }
        if (!any)
            throw new InvalidDataException($"{source.Path} holds no anchors; it needs at least one row.");
    }

    private static async IAsyncEnumerable<Anchor> NumberAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        await foreach (var text in TextsAsync(path, cancellationToken).ConfigureAwait(false))
            yield return new Anchor(row++, text);
    }
}
