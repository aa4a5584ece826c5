namespace XlLoraOnnx.Runtime.Tests;

/// <summary>
/// A device whose logits are a hash of all that is in the row's slot: every token, in its place, with the adapter under which it was read.
/// A slot, prefix or adapter that is mistaken for another, or a token at a wrong position, gives other tokens. It has two layers: one keeps
/// all, and one sees a window, in which each token is a hash of what it saw there; <see cref="Rolls"/> makes that one drop the rest, as
/// ONNX Runtime does.
/// </summary>
internal sealed class ScriptedDevice : IDecoderDevice
{
    public const int Vocabulary = 2000;

    private const ulong Seed = 14695981039346656037, Stale = 4711;

    private const int Window = 24;

    private static readonly RollingLayers Rolling = new(Window, new HashSet<int> { 1 });

    private Entry[][] _slots = [];
    private ulong[][] _windows = [];
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

    /// <summary>Called when such a call has written what it writes; may throw.</summary>
    public Action<string, int>? After { get; set; }

    /// <summary>Whether the layer with a window drops what no token will see.</summary>
    public bool Rolls { get; init; }

    /// <summary>Tokens before which the next one stood before, which three of four then are, mostly; 0 for none.</summary>
    public int Period { get; init; }

    /// <summary>Calls in which something was dropped.</summary>
    public int Dropped { get; private set; }

    public List<int> RowsOfSteps { get; } = [];

    public List<int> Prefills { get; } = [];

    /// <summary>Tokens of the calls that gave logits of several.</summary>
    public List<int> Aheads { get; } = [];

    public int MaxLanes { get; private set; }

    public int StoredPrefixes { get; private set; }

    public bool IsDisposed { get; private set; }

    public int Slots => _slots.Length;

    public int Capacity { get; private set; }

    public int FirstKept(int length) => FirstKept(length, Capacity);

    public MemoryPlan Plan(int slots, int capacity, int? filled) => new()
    {
        Device = Name,
        Slots = slots,
        Capacity = capacity,
        CacheBytes = (long)slots * capacity,
        FilledBytes = (long)slots * (filled ?? capacity),
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
        var windows = new ulong[slots][];
        for (var i = 0; i < slots; i++)
        {
            made[i] = new Entry[capacity];
            if (i < keep)
                _slots[i].AsSpan(0, Math.Min(Capacity, capacity)).CopyTo(made[i]);
            windows[i] = new ulong[Rolls ? Math.Min(Rolling.Capacity, capacity) : capacity];
            if (i < keep)
                _windows[i].AsSpan(0, Math.Min(_windows[i].Length, windows[i].Length)).CopyTo(windows[i]);
        }
        (_slots, _windows, Capacity) = (made, windows, capacity);
    }

    public void Mount(IReadOnlyList<LaneAdapter> adapters)
    {
        Call("mount");
        _lanes = [.. adapters];
        MaxLanes = Math.Max(MaxLanes, adapters.Count);
    }

    public void Prefill(int slot, int past, ReadOnlySpan<int> tokens, int lane, int wanted)
    {
        Call("prefill");
        (wanted > 1 ? Aheads : Prefills).Add(tokens.Length);
        Write(slot, past, tokens, AdapterOf(lane));
        After?.Invoke("prefill", _calls);
        if (wanted > 0)
            _logits = [.. Enumerable.Range(past + tokens.Length - wanted + 1, wanted).Select(length => LogitsOf(slot, length))];
    }

    public void Decode(ReadOnlySpan<StepRow> rows)
    {
        Call("decode");
        RowsOfSteps.Add(rows.Length);
        var logits = new List<float[]>();
        for (var slot = 0; slot < rows.Length; slot++)
        {
            var row = rows[slot];
            Write(slot, row.Position, [row.Token], AdapterOf(row.Lane));
            if (row.Wanted)
                logits.Add(LogitsOf(slot, row.Position + 1));
        }
        After?.Invoke("decode", _calls);
        _logits = [.. logits];
    }

    public int? Greedy(int row) => null;

    public Span<float> Logits(int row) => _logits[row];

    public void CopySlot(int from, int to, int length)
    {
        Array.Fill(_slots[to], new Entry(-1, "stale"));
        _slots[from].AsSpan(0, length).CopyTo(_slots[to]);
        Array.Fill(_windows[to], Stale);
        _windows[from].AsSpan(0, length - FirstKept(length)).CopyTo(_windows[to]);
    }

    public void Trim(int slot, int length)
    {
        _slots[slot].AsSpan(length).Fill(new Entry(-1, "stale"));
        _windows[slot].AsSpan(length - FirstKept(length)).Fill(Stale);
    }

    public IStoredPrefix Store(int slot, int length)
    {
        StoredPrefixes++;
        return new Stored(this, _slots[slot][..length], _windows[slot][..(length - FirstKept(length))], FirstKept(length));
    }

    public void Load(IStoredPrefix prefix, int slot, int length)
    {
        Array.Fill(_slots[slot], new Entry(-1, "stale"));
        ((Stored)prefix).Entries.AsSpan(0, length).CopyTo(_slots[slot]);
        Array.Fill(_windows[slot], Stale);
        ((Stored)prefix).Windowed.AsSpan(0, length - FirstKept(length)).CopyTo(_windows[slot]);
    }

    public void Dispose() => IsDisposed = true;

    private int _calls;

    private void Call(string what)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Before?.Invoke(what, _calls++);
    }

    private string AdapterOf(int lane) => lane < 0 ? "" : _lanes[lane].Name;

    private int FirstKept(int length, int capacity) => Rolls && capacity > Rolling.Capacity ? Rolling.FirstKept(length) : 0;

    /// <summary>The layer with a window believes, as ONNX Runtime does, that there lies what lies there after so many.</summary>
    private void Write(int slot, int past, ReadOnlySpan<int> tokens, string adapter)
    {
        var (window, first) = (_windows[slot], FirstKept(past));
        var whole = new ulong[past + tokens.Length];
        window.AsSpan(0, past - first).CopyTo(whole.AsSpan(first));
        for (var i = 0; i < tokens.Length; i++)
        {
            _slots[slot][past + i] = new Entry(tokens[i], adapter);
            whole[past + i] = Hash(Hash(Seen(whole, past + i), tokens[i]), adapter);
        }
        var then = FirstKept(whole.Length);
        Dropped += then > first ? 1 : 0;
        whole.AsSpan(then).CopyTo(window);
    }

    /// <summary>Of what the token at a position sees before it.</summary>
    private static ulong Seen(ReadOnlySpan<ulong> window, int position)
    {
        var hash = Seed;
        for (var i = Math.Max(0, position - Window + 1); i < position; i++)
            hash = Hash(hash, window[i]);
        return hash;
    }

    private static ulong Hash(ulong hash, string text)
    {
        foreach (var c in text)
            hash = Hash(hash, c);
        return hash;
    }

    private static ulong Hash(ulong hash, int value) => Hash(hash, (uint)value);

    /// <summary>FNV-1a.</summary>
    private static ulong Hash(ulong hash, ulong value) => (hash ^ value) * 1099511628211;

    /// <summary>A hash of what both layers have, then a number for each token of the vocabulary.</summary>
    private float[] LogitsOf(int slot, int length)
    {
        var hash = Seed;
        foreach (var (token, adapter) in _slots[slot].AsSpan(0, length))
            hash = Hash(Hash(hash, token), adapter);
        hash = Hash(hash, _windows[slot][length - FirstKept(length) - 1]);
        var logits = new float[Vocabulary];
        for (var token = 0; token < Vocabulary; token++)
            logits[token] = (float)(6 * CounterRandom.Unit(hash, 0, (ulong)token));
        if (Period > 0 && length >= Period && hash % 4 > 0)
            logits[_slots[slot][length - Period].Token] += 8;
        // so that answers end
        foreach (var stop in (int[])[1, 6])
            logits[stop] *= 1.1f;
        return logits;
    }

    private sealed class Stored(ScriptedDevice device, Entry[] entries, ulong[] windowed, int firstKept) : IStoredPrefix
    {
        public Entry[] Entries => entries;

        public ulong[] Windowed => windowed;

        public long Bytes => entries.Length;

        public int FirstKept => firstKept;

        public void Dispose() => device.StoredPrefixes--;
    }
}
