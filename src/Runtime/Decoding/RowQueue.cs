namespace XlLoraOnnx.Runtime;

/// <summary>What an engine says to a waiting row.</summary>
internal enum RowFit
{
    /// <summary>Its adapter is mounted here, or it needs none.</summary>
    Mounted,

    /// <summary>There is room for its adapter.</summary>
    Room,

    /// <summary>An adapter that nobody uses would have to go.</summary>
    Exchange,

    /// <summary>Not now.</summary>
    Later,
}

/// <summary>Rows that wait, first come first served, for all engines together. Thread-safe.</summary>
internal sealed class RowQueue
{
    /// <summary>How far an engine looks for a row that suits it better than the first.</summary>
    private const int Window = 256;

    /// <summary>After so many have overtaken it, a row is next.</summary>
    private const int MaxPassed = 512;

    private const int Neighbours = 16;

    private readonly LinkedList<ContinuousRow> _rows = [];
    private readonly object _lock = new();
    private long _version;

    /// <summary>Another number whenever there is something new for an engine to look at.</summary>
    public long Version
    {
        get
        {
            lock (_lock)
                return _version;
        }
    }

    public int Count
    {
        get
        {
            lock (_lock)
                return _rows.Count;
        }
    }

    public void Add(IEnumerable<ContinuousRow> rows)
    {
        lock (_lock)
        {
            foreach (var row in rows)
                _rows.AddLast(row);
            Wake();
        }
    }

    /// <summary>Rows that a device could not keep are the next.</summary>
    public void GiveBack(IReadOnlyList<ContinuousRow> rows)
    {
        lock (_lock)
        {
            for (var i = rows.Count - 1; i >= 0; i--)
                _rows.AddFirst(rows[i]);
            Wake();
        }
    }

    /// <summary>The row that suits best among the first; rows that are not to go on are finished on the way.</summary>
    /// <param name="affinity">Prefer rows whose adapter is mounted; others do the rest.</param>
    public ContinuousRow? Take(Func<ContinuousRow, RowFit> judge, bool affinity)
    {
        lock (_lock)
        {
            LinkedListNode<ContinuousRow>? room = null, exchange = null;
            var node = _rows.First;
            for (var seen = 0; node is not null && seen < Window;)
            {
                var (current, row) = (node, node.Value);
                node = node.Next;
                if (row.IsOver)
                {
                    _rows.Remove(current);
                    row.Call.Finish(row);
                    continue;
                }
                seen++;
                var fit = judge(row);
                if (fit == RowFit.Mounted || (fit == RowFit.Room && !affinity))
                    return Remove(current);
                if (fit == RowFit.Room)
                    room ??= current;
                if (fit == RowFit.Exchange)
                    exchange ??= current;
                // it has waited long enough: what runs ends, and then it fits
                if (row.Passed >= MaxPassed)
                    return fit == RowFit.Later ? null : Remove(current);
            }
            return (room ?? exchange) is { } taken ? Remove(taken) : null;
        }
    }

    /// <summary>The longest beginning that a prompt shares with one of the next rows of the same adapter, in tokens.</summary>
    public int SharedPrefix(ContinuousRow row)
    {
        lock (_lock)
            return _rows.Where(r => r.Adapter == row.Adapter).Take(Neighbours)
                .Select(r => row.Prompt.AsSpan().CommonPrefixLength(r.Prompt)).DefaultIfEmpty().Max();
    }

    /// <summary>The most positions that a waiting row needs, of those that need at most so many.</summary>
    public int LargestNeed(int atMost)
    {
        lock (_lock)
            return _rows.Select(r => r.Need).Where(n => n <= atMost).DefaultIfEmpty().Max();
    }

    /// <summary>Rows that wait and need no more positions.</summary>
    public IReadOnlyList<(int Prompt, int Need)> Needs(int atMost)
    {
        lock (_lock)
            return [.. _rows.Where(r => r.Need <= atMost).Select(r => (r.Prompt.Length, r.Need))];
    }

    /// <summary>Adapters of all calls that have rows here.</summary>
    public IReadOnlyList<AdapterKey> Adapters()
    {
        lock (_lock)
            return [.. _rows.Select(r => r.Call).Distinct().SelectMany(c => c.Adapters).Distinct()];
    }

    /// <summary>Rejects what waits.</summary>
    public void RejectAll(RejectionKind kind, string error)
    {
        lock (_lock)
        {
            foreach (var row in _rows)
                row.Reject(kind, error);
            Wake();
        }
    }

    /// <summary>Rejects what waits for an adapter that is no longer known.</summary>
    public void RejectRemoved(Func<AdapterKey, bool> isRemoved)
    {
        lock (_lock)
        {
            foreach (var row in _rows)
            {
                if (row.Adapter is { } adapter && isRemoved(adapter))
                    row.RejectAsRemoved();
            }
            Wake();
        }
    }

    /// <summary>Finishes rows that are not to go on, however far back they are.</summary>
    public void Sweep()
    {
        lock (_lock)
        {
            for (var node = _rows.First; node is not null;)
            {
                var current = node;
                node = node.Next;
                if (!current.Value.IsOver)
                    continue;
                _rows.Remove(current);
                current.Value.Call.Finish(current.Value);
            }
        }
    }

    public void Wake()
    {
        lock (_lock)
        {
            _version++;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Returns when rows were added or given back, or somebody called <see cref="Wake"/>, since a version was read.</summary>
    public void Wait(long version)
    {
        lock (_lock)
        {
            while (_version == version)
                Monitor.Wait(_lock);
        }
    }

    private ContinuousRow Remove(LinkedListNode<ContinuousRow> node)
    {
        if (_rows.First is { } first && first != node)
            first.Value.Passed++;
        _rows.Remove(node);
        return node.Value;
    }
}
