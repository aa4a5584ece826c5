namespace XlLoraOnnx.Synthesis;

/// <summary>Counts values in fixed bins; its memory does not grow with the values.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class Histogram
{
    private readonly long[] _edges;
    private readonly long[] _counts;
    private long _total;
    private long _least = long.MaxValue;
    private long _most = long.MinValue;
    private double _sum;

    /// <param name="edges">Lower edges, ascending; the last bin is open. Values below the first edge count in the first bin.</param>
    public Histogram(params ReadOnlySpan<long> edges)
    {
        if (edges.IsEmpty)
            throw new ArgumentException("A histogram needs at least one bin; no lower edge was given.", nameof(edges));
        for (var i = 1; i < edges.Length; i++)
        {
            if (edges[i] <= edges[i - 1])
                throw new ArgumentException($"Lower edges ascend, but {edges[i - 1]} is followed by {edges[i]}.", nameof(edges));
        }
        _edges = edges.ToArray();
        _counts = new long[edges.Length];
    }

    /// <summary>Bins of one width from 0.</summary>
    public static Histogram Linear(int width, int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        return new([.. Enumerable.Range(0, bins).Select(i => (long)i * width)]);
    }

    /// <summary>1, 2, 3–4, 5–8, 9–16, …: for how often something occurs.</summary>
    public static Histogram Doubling(int bins)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 60);
        return new([.. Enumerable.Range(0, bins).Select(i => i == 0 ? 1 : (1L << (i - 1)) + 1)]);
    }

    /// <summary>Counts a value, or one value several times.</summary>
    public void Add(long value, long times = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(times);
        if (times == 0)
            return;
        var at = Array.BinarySearch(_edges, value);
        _counts[Math.Max(0, at >= 0 ? at : ~at - 1)] += times;
        _total += times;
        _sum += (double)value * times;
        _least = Math.Min(_least, value);
        _most = Math.Max(_most, value);
    }

    /// <summary>What has been counted so far.</summary>
    public HistogramData ToData() => _total == 0
        ? new HistogramData([.. _edges], [.. _counts], null, null, null)
        : new HistogramData([.. _edges], [.. _counts], _least, _most, _sum / _total);
}

/// <summary>A finished histogram.</summary>
/// <param name="Edges">Lower edges, ascending; the last bin is open.</param>
/// <param name="Counts">As many as edges.</param>
/// <param name="Least">Smallest value; null when there was none, as the others.</param>
internal sealed record HistogramData(
    IReadOnlyList<long> Edges, IReadOnlyList<long> Counts, long? Least, long? Most, double? Mean);
