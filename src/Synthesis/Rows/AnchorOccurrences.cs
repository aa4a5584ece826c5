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
    /// <returns>0 for the first row with this anchor, 1 for the second, and so on.</returns>
    public long Count(ReadOnlySpan<char> anchor) => _counts.Add(HashCounts.Of(anchor)) - 1;

    /// <summary>The key of the next row of the input.</summary>
    /// <param name="occurrence">As <see cref="Count"/> gives it.</param>
    public RowKey Next(ReadOnlySpan<char> anchor, out long occurrence) => RowKey.Of(anchor, occurrence = Count(anchor));
}
