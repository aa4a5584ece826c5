namespace XlLoraOnnx.Runtime;

/// <summary>How often each text has occurred so far, whatever its case and punctuation, and which occurred most.</summary>
/// <remarks>
/// A text is known by 64 bits of a hash: among two million the chance that any two are taken for one is 10⁻⁷. At most 20 bytes a text.
/// Not thread-safe.
/// </remarks>
/// <param name="top">How many texts <see cref="Top"/> gives.</param>
internal sealed class FrequentTexts(int top = 100)
{
    private readonly CountTable[] _tables = [.. Enumerable.Range(0, 64).Select(_ => new CountTable())];
    private readonly Dictionary<ulong, FrequentText> _candidates = [];
    private int _fewest = 1;

    /// <summary>How many different texts there are.</summary>
    public int Distinct { get; private set; }

    /// <summary>How often each different text has occurred, in no order.</summary>
    public IEnumerable<int> Counts => _tables.SelectMany(t => t.Counts);

    /// <summary>Counts a text.</summary>
    /// <returns>How often it has occurred, this time included.</returns>
    public int Add(string text)
    {
        using var folded = new FoldedText(text);
        var hash = HashOf(folded.Text);
        var count = _tables[hash >> 58].Add(hash);
        Distinct += count == 1 ? 1 : 0;
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

    private static ulong HashOf(ReadOnlySpan<char> text)
    {
        var hash = 0x9E3779B97F4A7C15UL ^ (ulong)text.Length;
        while (text.Length > 0)
        {
            var word = 0UL;
            for (var i = 0; i < Math.Min(4, text.Length); i++)
                word |= (ulong)text[i] << (16 * i);
            var high = Math.BigMul(hash ^ word, 0xA0761D6478BD642F, out var low);
            hash = high ^ low ^ word * 0xE7037ED1A0B428DB;
            text = text[Math.Min(4, text.Length)..];
        }
        hash ^= hash >> 32;
        hash *= 0xFF51AFD7ED558CCD;
        return hash ^ hash >> 29;
    }
}
