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

    /// <summary>The texts alone, at least one.</summary>
    /// <param name="open">How a file is opened; null to open it as it lies there.</param>
    internal static async IAsyncEnumerable<string> TextsAsync(
        Dataset dataset, InputColumn column, Func<string, ValueTask<TextSource>>? open,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var any = false;
        await foreach (var text in dataset.TextsAsync(column.Named, column.Default, open, cancellationToken).ConfigureAwait(false))
        {
            any = true;
            yield return text;
        }
        if (!any)
            throw new InvalidDataException($"{dataset.Path} holds no anchors; it needs at least one row.");
    }

    private static async IAsyncEnumerable<Anchor> NumberAsync(Dataset dataset, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        await foreach (var text in TextsAsync(dataset, InputColumn.Anchors, open: null, cancellationToken).ConfigureAwait(false))
            yield return new Anchor(row++, text);
    }
}
