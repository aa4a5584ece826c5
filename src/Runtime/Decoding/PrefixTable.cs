namespace XlLoraOnnx.Runtime;

/// <summary>
/// Beginnings of prompts whose keys and values are kept, because rows share them: computed once for each adapter, copied into slots. What
/// is shared shows from the prompts themselves: those that wait, and the last that were read.
/// </summary>
internal sealed class PrefixTable(IDecoderDevice device) : IDisposable
{
    /// <summary>Fewer tokens are read sooner than they are kept.</summary>
    public const int Worthwhile = 8;

    private const int MaxRecent = 16;

    private readonly LinkedList<Entry> _entries = [];
    private readonly Queue<(AdapterKey? Adapter, int[] Prompt)> _recent = [];

    private sealed record Entry(AdapterKey? Adapter, int[] Tokens, IStoredPrefix Stored);

    /// <summary>Most that may be kept, in bytes.</summary>
    public long Budget { get; set; }

    /// <summary>What is kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>
    /// Puts the longest known beginning of a row's prompt into its slot, when it is about to be read, and decides what is to be kept of it.
    /// </summary>
    /// <param name="waiting">Tokens that it shares with a row that is still to be read.</param>
    public void Begin(ContinuousRow row, int slot, int waiting)
    {
        // the last token is always read: its logits are wanted
        var most = row.Prompt.Length - 1;
        var (best, length) = Longest(row, most);
        if (length >= Worthwhile)
        {
            device.Load(best!.Value.Stored, slot, length);
            _entries.Remove(best);
            _entries.AddFirst(best);
        }
        else
        {
            length = 0;
        }
        var shared = _recent.Where(r => r.Adapter == row.Adapter).Select(r => r.Prompt.AsSpan().CommonPrefixLength(row.Prompt))
            .Append(waiting).Max();
        shared = Math.Min(shared, most);
        row.StoreAt = shared >= length + Worthwhile ? shared : 0;
        row.Shared = row.Past = length;
        row.HasBegun = true;
        Remember(row);
    }

    /// <summary>Keeps the first positions of a slot.</summary>
    public void Keep(ContinuousRow row, int slot, int length)
    {
        if (Budget <= 0)
            return;
        var stored = device.Store(slot, length);
        _entries.AddFirst(new Entry(row.Adapter, row.Prompt[..length], stored));
        Bytes += stored.Bytes;
        while (Bytes > Budget && _entries.Count > 0)
            Remove(_entries.Last!);
    }

    public void Forget(AdapterKey adapter)
    {
        for (var node = _entries.First; node is not null;)
        {
            var current = node;
            node = node.Next;
            if (current.Value.Adapter == adapter)
                Remove(current);
        }
    }

    public void Clear()
    {
        while (_entries.Last is { } last)
            Remove(last);
        _recent.Clear();
    }

    public void Dispose() => Clear();

    private (LinkedListNode<Entry>? Entry, int Length) Longest(ContinuousRow row, int most)
    {
        (LinkedListNode<Entry>? Entry, int Length) best = (null, 0);
        for (var node = _entries.First; node is not null; node = node.Next)
        {
            if (node.Value.Adapter != row.Adapter)
                continue;
            var length = Math.Min(most, node.Value.Tokens.AsSpan().CommonPrefixLength(row.Prompt));
            // where layers have dropped positions, a shorter beginning would need some of them
            if (length > best.Length && device.FirstKept(length) == node.Value.Stored.FirstKept)
                best = (node, length);
        }
        return best;
    }

    private void Remember(ContinuousRow row)
    {
        _recent.Enqueue((row.Adapter, row.Prompt));
        if (_recent.Count > MaxRecent)
            _recent.Dequeue();
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        Bytes -= node.Value.Stored.Bytes;
        node.Value.Stored.Dispose();
        _entries.Remove(node);
    }
}
