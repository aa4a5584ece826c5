namespace XlLoraOnnx.Synthesis;

/// <summary>A fair sample of a run's rows: those whose hash is smallest, whatever order they come in.</summary>
/// <remarks>The same rows give the same sample, so a report written again shows the rows that were marked. One thread at a time.</remarks>
internal sealed class RowSample
{
    private readonly int _capacity;
    private readonly PriorityQueue<ReportRow, ulong> _largestFirst = new(Comparer<ulong>.Create((a, b) => b.CompareTo(a)));

    public RowSample(int capacity = RunReportData.MaxRows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>Whether the sample has a place for this row; asked first, so that the others need not be made.</summary>
    public bool Wants(long row) =>
        _largestFirst.Count < _capacity || (_largestFirst.TryPeek(out _, out var largest) && Hash(row) < largest);

    /// <summary>Takes the row if there is a place for it.</summary>
    public void Add(ReportRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (!Wants(row.Row))
            return;
        if (_largestFirst.Count == _capacity)
            _largestFirst.Dequeue();
        _largestFirst.Enqueue(row, Hash(row.Row));
    }

    /// <summary>The rows, in the order of the input.</summary>
    public IReadOnlyList<ReportRow> ToRows() =>
        [.. _largestFirst.UnorderedItems.Select(i => i.Element).OrderBy(r => r.Row).ThenBy(r => r.Id, StringComparer.Ordinal)];

    /// <summary>SplitMix64: every bit of the number decides.</summary>
    private static ulong Hash(long row)
    {
        var z = (ulong)row + 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
