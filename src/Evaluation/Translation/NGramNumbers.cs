using System.Runtime.InteropServices;

namespace XlLoraOnnx.Evaluation;

/// <summary>The n-grams of the texts of one segment, as numbers: equal n-grams have equal numbers, whatever their order.</summary>
/// <remarks>An n-gram is the number of its first n − 1 tokens and that of its last one: no strings are put together.</remarks>
internal sealed class NGramNumbers<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _tokens = [];
    private readonly Dictionary<(int Beginning, int Last), int> _grams = [];

    /// <returns>[order − 1]: number → how often.</returns>
    public Dictionary<int, int>[] Count(IReadOnlyList<T> tokens, int maxOrder)
    {
        var single = new int[tokens.Count];
        for (int i = 0; i < single.Length; i++)
            single[i] = Number(_tokens, tokens[i]);
        var numbers = single.ToArray();
        var counts = new Dictionary<int, int>[maxOrder];
        for (int order = 1; order <= maxOrder; order++)
        {
            var count = counts[order - 1] = [];
            for (int i = 0; i + order <= numbers.Length; i++)
            {
                if (order > 1)
                    numbers[i] = Number(_grams, (numbers[i], single[i + order - 1]));
                CollectionsMarshal.GetValueRefOrAddDefault(count, numbers[i], out _)++;
            }
        }
        return counts;
    }

    private int Number<TKey>(Dictionary<TKey, int> numbers, TKey key)
        where TKey : notnull
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, key, out var known);
        if (!known)
            number = _tokens.Count + _grams.Count;
        return number;
    }
}
