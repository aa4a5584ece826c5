namespace XlLoraOnnx.Runtime.Tests;

/// <summary>
/// A device whose logits are a hash of all that is in the row's slot: every token, in its place, with the adapter under which it was read.
/// A slot, prefix or adapter that is mistaken for another, or a token at a wrong position, gives other tokens.
/// </summary>
internal sealed class ScriptedDevice : IDecoderDevice
{
    public const int Vocabulary = 2000;

    private Entry[][] _slots = [];
    private float[][] _logits = [];
    private IReadOnlyList<LaneAdapter> _lanes = [];

    private readonly record struct Entry(int Token, string Adapter);

    public string Name { get; init; } = "scripted";

    /// <summary>Slots times positions that there is memory for.</summary>
    public long Positions { get; init; } = 1 << 20;

    /// <summary>What <see cref="Plan"/> believes; the truth is <see cref="Positions"/>.</summary>
    public long? PlannedPositions { get; init; }

    /// <summary>Called before each call that computes, with its name and how many there were; may throw.</summary>
    public Action<string, int>? Before { get; set; }

    public List<int> RowsOfSteps { get; } = [];

    public List<int> Prefills { get; } = [];

    public int MostLanes { get; private set; }

    public int StoredPrefixes { get; private set; }

    public bool IsDisposed { get; private set; }

    public int Slots => _slots.Length;

    public int Capacity { get; private set; }

    public MemoryPlan Plan(int slots, int capacity) => new()
    {
        Device = Name,
        Slots = slots,
        Capacity = capacity,
        CacheBytes = (long)slots * capacity,
        LogitsBytes = 0,
        WorkBytes = 0,
        AdapterBytes = 0,
        PrefixBytes = 0,
        FreeBytes = (long)((PlannedPositions ?? Positions) / 0.8) - (long)Slots * Capacity,
    };

    public void Reserve(int slots, int capacity, int keep)
    {
        if ((long)slots * capacity > Positions)
            throw new DeviceMemoryException($"{slots} × {capacity} are more than {Positions}.");
        var made = new Entry[slots][];
        for (var i = 0; i < slots; i++)
        {
            made[i] = new Entry[capacity];
            if (i < keep)
                _slots[i].AsSpan(0, Math.Min(Capacity, capacity)).CopyTo(made[i]);
        }
        (_slots, Capacity) = (made, capacity);
    }

    public void Mount(IReadOnlyList<LaneAdapter> adapters)
    {
        Call("mount");
        _lanes = [.. adapters];
        MostLanes = Math.Max(MostLanes, adapters.Count);
    }

    public void Prefill(int slot, int past, ReadOnlySpan<int> tokens, int lane, bool wantLogits)
    {
        Call("prefill");
        Prefills.Add(tokens.Length);
        for (var i = 0; i < tokens.Length; i++)
            _slots[slot][past + i] = new Entry(tokens[i], AdapterOf(lane));
        if (wantLogits)
            _logits = [LogitsOf(slot, past + tokens.Length)];
    }

    public void Decode(ReadOnlySpan<StepRow> rows)
    {
        Call("decode");
        RowsOfSteps.Add(rows.Length);
        var logits = new List<float[]>();
        for (var slot = 0; slot < rows.Length; slot++)
        {
            var row = rows[slot];
            _slots[slot][row.Position] = new Entry(row.Token, AdapterOf(row.Lane));
            if (row.Wanted)
                logits.Add(LogitsOf(slot, row.Position + 1));
        }
        _logits = [.. logits];
    }

    public int? Greedy(int row) => null;

    public Span<float> Logits(int row) => _logits[row];

    public void CopySlot(int from, int to, int length)
    {
        Array.Fill(_slots[to], new Entry(-1, "stale"));
        _slots[from].AsSpan(0, length).CopyTo(_slots[to]);
    }

    public IStoredPrefix Store(int slot, int length)
    {
        StoredPrefixes++;
        return new Stored(this, _slots[slot][..length]);
    }

    public void Load(IStoredPrefix prefix, int slot, int length)
    {
        Array.Fill(_slots[slot], new Entry(-1, "stale"));
        ((Stored)prefix).Entries.AsSpan(0, length).CopyTo(_slots[slot]);
    }

    public void Dispose() => IsDisposed = true;

    private int _calls;

    private void Call(string what)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Before?.Invoke(what, _calls++);
    }

    private string AdapterOf(int lane) => lane < 0 ? "" : _lanes[lane].Name;

    /// <summary>FNV-1a over the entries, then a number for each token of the vocabulary.</summary>
    private float[] LogitsOf(int slot, int length)
    {
        var hash = 14695981039346656037UL;
        foreach (var (token, adapter) in _slots[slot].AsSpan(0, length))
        {
            hash = (hash ^ (uint)token) * 1099511628211;
            foreach (var c in adapter)
                hash = (hash ^ c) * 1099511628211;
        }
        var logits = new float[Vocabulary];
        for (var token = 0; token < Vocabulary; token++)
            logits[token] = (float)(6 * CounterRandom.Unit(hash, 0, (ulong)token));
        // so that answers end
        foreach (var stop in (int[])[1, 6])
            logits[stop] *= 1.1f;
        return logits;
    }

    private sealed class Stored(ScriptedDevice device, Entry[] entries) : IStoredPrefix
    {
        public Entry[] Entries => entries;

        public long Bytes => entries.Length;

        public void Dispose() => device.StoredPrefixes--;
    }
}
