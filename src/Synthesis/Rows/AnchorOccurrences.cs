using System.Numerics;

namespace XlLoraOnnx.Synthesis;

/// <summary>Counts, in the order of the input, how often each anchor has come before.</summary>
/// <remarks>
/// It keeps 64 bits of a hash of each anchor and no texts. If two anchors ever agreed in those, the later one would count as another
/// occurrence of the earlier one: its key would be another, and still its own (and with <c>--dedupe</c> it would be left out).
/// Not thread-safe.
/// </remarks>
/// <param name="distinct">About how many different anchors there will be; 0 if that is not known.</param>
internal sealed class AnchorOccurrences(long distinct = 0)
{
    private readonly HashCounts _counts = new(distinct);

    /// <summary>Different anchors that were counted.</summary>
    public long Distinct => _counts.Distinct;

    /// <summary>Counts the anchor of the next row of the input.</summary>
    /// <param name="language">Of the row: the same text in another language is another anchor. Null where rows have none.</param>
    /// <returns>0 for the first row with this anchor, 1 for the second, and so on.</returns>
    public long Count(ReadOnlySpan<char> anchor, string? language = null)
    {
        var hash = HashCounts.Of(anchor);
        return _counts.Add(language is null ? hash : hash ^ BitOperations.RotateLeft(HashCounts.Of(language), 17)) - 1;
    }

    /// <summary>The key of the next row of the input.</summary>
    /// <param name="occurrence">As <see cref="Count"/> gives it.</param>
    public RowKey Next(ReadOnlySpan<char> anchor, out long occurrence) => Next(anchor, language: null, out occurrence);

    /// <inheritdoc cref="Next(ReadOnlySpan{char}, out long)"/>
    /// <param name="language">Of the row; null where rows have none.</param>
    public RowKey Next(ReadOnlySpan<char> anchor, string? language, out long occurrence) =>
        RowKey.Of(anchor, occurrence = Count(anchor, language)).In(language);
}
