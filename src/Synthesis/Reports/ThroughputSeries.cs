namespace XlLoraOnnx.Synthesis;

/// <summary>Throughput over time in a fixed number of intervals, which double their length when the time outgrows them.</summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class ThroughputSeries
{
    private readonly long[] _rows;
    private readonly long[] _tokens;
    private double _width = 1;
    private double _end;

    /// <param name="capacity">Most points it gives; even.</param>
    public ThroughputSeries(int capacity = 240)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 2);
        if (capacity % 2 != 0)
            throw new ArgumentException($"Intervals are merged in pairs, so their number is even; it is {capacity}.", nameof(capacity));
        _rows = new long[capacity];
        _tokens = new long[capacity];
    }

    /// <summary>Counts rows and tokens that were finished at a moment.</summary>
    /// <param name="at">Time worked since the start of the run.</param>
    public void Add(TimeSpan at, long rows, long tokens)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(at, TimeSpan.Zero);
        var seconds = at.TotalSeconds;
        while (seconds >= _width * _rows.Length)
            Double();
        var interval = (int)(seconds / _width);
        _rows[interval] += rows;
        _tokens[interval] += tokens;
        _end = Math.Max(_end, seconds);
    }

    /// <summary>A point at the end of each interval up to the latest addition.</summary>
    public IReadOnlyList<ThroughputPoint> ToPoints()
    {
        var points = new List<ThroughputPoint>();
        for (var i = 0; i < _rows.Length && i * _width < _end; i++)
        {
            // The last interval has only begun; a sliver of one would show a rate that never was.
            var length = Math.Min(_width, _end - i * _width);
            if (length < _width / 4 && i > 0)
                break;
            points.Add(new ThroughputPoint(i * _width + length, _rows[i] / length, _tokens[i] / length));
        }
        return points;
    }

    private void Double()
    {
        Merge(_rows);
        Merge(_tokens);
        _width *= 2;
    }

    private static void Merge(long[] counts)
    {
        for (var i = 0; i < counts.Length; i++)
            counts[i] = 2 * i < counts.Length ? counts[2 * i] + counts[2 * i + 1] : 0;
    }
}
