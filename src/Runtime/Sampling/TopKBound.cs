using System.Numerics;

namespace XlLoraOnnx.Runtime;

/// <summary>The k-th largest of many numbers, without sorting them.</summary>
/// <remarks>
/// One pass collects what is above the bound so far. Whenever the list is full, it is cut to its k largest, the least of which is the
/// next bound: with k of 262,144 tokens that happens a handful of times, and never costs more than a pass.
/// </remarks>
internal sealed class TopKBound
{
    private const int SmallestList = 1024;

    private float[] _list = [];

    /// <returns>The k-th largest; −∞ where fewer than k are above it.</returns>
    public float Find(ReadOnlySpan<float> values, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, values.Length);
        int capacity = Math.Max(SmallestList, 2 * k) + LogitScan.Stride;
        if (_list.Length < capacity)
            _list = new float[capacity];
        int count = 0;
        // From here on a value may still be among the k largest.
        float least = float.MinValue;
        for (int i = 0; i < values.Length; i += LogitScan.Stride)
        {
            for (uint hits = LogitScan.AtLeast(values, i, least); hits != 0; hits &= hits - 1)
                _list[count++] = values[i + BitOperations.TrailingZeroCount(hits)];
            if (count > capacity - LogitScan.Stride)
            {
                least = float.BitIncrement(Largest(_list.AsSpan(0, count), k));
                count = k;
            }
        }
        return count < k ? float.NegativeInfinity : Largest(_list.AsSpan(0, count), k);
    }

    /// <summary>Moves the k largest to the front (Hoare's selection) and returns the least of them.</summary>
    private static float Largest(Span<float> values, int k)
    {
        var (low, high) = (0, values.Length - 1);
        // Pivots that split badly again and again are possible, if hardly by chance: then sort.
        for (int rounds = 4 * BitOperations.Log2((uint)values.Length) + 4; low < high; rounds--)
        {
            if (rounds == 0)
            {
                values[low..(high + 1)].Sort(static (a, b) => b.CompareTo(a));
                break;
            }
            int end = Partition(values, low, high);
            (low, high) = k - 1 <= end ? (low, end) : (end + 1, high);
        }
        return values[k - 1];
    }

    /// <returns>The last index of the part with the larger values; below <paramref name="high"/>.</returns>
    private static int Partition(Span<float> values, int low, int high)
    {
        float pivot = Median(values[low], values[low + (high - low) / 2], values[high]);
        for (var (i, j) = (low, high); ; i++, j--)
        {
            while (values[i] > pivot)
                i++;
            while (values[j] < pivot)
                j--;
            if (i >= j)
                return j;
            (values[i], values[j]) = (values[j], values[i]);
        }
    }

    private static float Median(float a, float b, float c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));
}
