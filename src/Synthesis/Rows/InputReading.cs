using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>One reading of the input of a run from its beginning; not thread-safe, and for one enumeration.</summary>
internal abstract class InputReading : IAsyncDisposable
{
    /// <summary>Of its file.</summary>
    public abstract long Bytes { get; }

    /// <summary>The texts of the anchors with their languages, in their order.</summary>
    public abstract IAsyncEnumerable<InputRow> RowsAsync(CancellationToken cancellationToken);

    /// <summary>SHA-256 of its file, in lower-case hexadecimal.</summary>
    public abstract Task<string> Sha256Async(CancellationToken cancellationToken);

    /// <summary>The anchors with their keys.</summary>
    /// <param name="occurrences">Counts them.</param>
    public async IAsyncEnumerable<KeyedAnchor> AnchorsAsync(
        AnchorOccurrences occurrences, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long row = 0;
        await foreach (var (text, language) in RowsAsync(cancellationToken).ConfigureAwait(false))
        {
            var key = occurrences.Next(text, language, out var occurrence);
            yield return new KeyedAnchor(row++, key, occurrence, text, language);
        }
    }

    public abstract ValueTask DisposeAsync();
}
