namespace XlLoraOnnx.Synthesis;

/// <summary>How often each text has occurred so far, whatever its case and punctuation, and which occurred most.</summary>
/// <remarks>
/// A text is known by 64 bits of a hash, and its latest wording kept while it is among the most frequent. Not thread-safe.
/// </remarks>
/// <param name="expected">About how many texts there will be; 0 if that is not known.</param>
/// <param name="top">How many texts <see cref="Top"/> gives.</param>
internal sealed class FrequentTexts(long expected = 0, int top = 100)
{
    private readonly HashCounts _counts = new(expected);
    private readonly Dictionary<ulong, FrequentText> _candidates = [];
    private int _fewest = 1;

    /// <summary>How many different texts there are.</summary>
    public int Distinct => _counts.Distinct;

    /// <summary>How often each different text has occurred, in no order.</summary>
    public IEnumerable<int> Counts => _counts.Counts;

    /// <summary>Counts a text.</summary>
    /// <param name="folded">The same text as <see cref="FoldedText"/> gives it.</param>
    /// <returns>How often it has occurred, this time included.</returns>
    public int Add(string text, ReadOnlySpan<char> folded)
    {
        var hash = HashCounts.Of(folded);
        var count = _counts.Add(hash);
        // whoever is among the most frequent in the end was counted last with a count above the fewest of them then
        if (count > _fewest)
            _candidates[hash] = new FrequentText(text, count);
        if (_candidates.Count > 8 * top)
            DropRarest();
        return count;
    }

    /// <summary>The most frequent texts of those that occurred twice or more, most frequent first; of a tie by text.</summary>
    public IReadOnlyList<FrequentText> Top() => [.. Sorted().Take(top).Select(pair => pair.Value)];

    private void DropRarest()
    {
        var kept = Sorted().Take(top).ToArray();
        _candidates.Clear();
        foreach (var (hash, text) in kept)
            _candidates.Add(hash, text);
        // equal to the fewest may still come, so the bound stays one below
        _fewest = Math.Max(1, kept[^1].Value.Count - 1);
    }

    private IOrderedEnumerable<KeyValuePair<ulong, FrequentText>> Sorted() =>
        _candidates.OrderByDescending(pair => pair.Value.Count).ThenBy(pair => pair.Value.Text, StringComparer.Ordinal);
}
