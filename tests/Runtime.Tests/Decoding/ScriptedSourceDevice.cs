namespace XlLoraOnnx.Runtime.Tests;

/// <summary>
/// A <see cref="ScriptedDevice"/> whose logits depend on the text of the slot too, and on the adapter that has read it: a text or a beam
/// that is mistaken for another gives other tokens.
/// </summary>
internal sealed class ScriptedSourceDevice(int beams, ScriptedDevice device) : ISourceDevice
{
    private int[] _sources = [];
    private int[] _wanted = [];
    private string[] _lanes = [];

    public int Beams => beams;

    /// <summary>Texts of each call that read some.</summary>
    public List<int> Encoded { get; } = [];

    public string Name => device.Name;

    public int Slots => device.Slots / beams;

    public int Capacity => device.Capacity;

    public int FirstKept(int length) => 0;

    public MemoryPlan Plan(int slots, int capacity, int? filled) => device.Plan(slots * beams, capacity, filled);

    public void Reserve(int slots, int capacity, int keep)
    {
        device.Reserve(slots * beams, capacity, keep * beams);
        Array.Resize(ref _sources, slots);
    }

    public void Mount(IReadOnlyList<LaneAdapter> adapters)
    {
        device.Mount(adapters);
        _lanes = [.. adapters.Select(a => a.Name)];
    }

    public void Encode(IReadOnlyList<SourceRow> rows)
    {
        device.Before?.Invoke("encode", -1);
        Encoded.Add(rows.Count);
        foreach (var (slot, ids, lane) in rows)
        {
            var adapter = lane < 0 ? "" : _lanes[lane];
            var hash = ids.Concat(adapter.Select(c => (int)c)).Aggregate(17u, (hash, value) => unchecked((hash * 31) + (uint)value));
            _sources[slot] = (int)(hash % ScriptedDevice.Vocabulary);
        }
    }

    public void Prefill(int slot, int past, ReadOnlySpan<int> tokens, int lane, int wanted)
    {
        _wanted = [slot];
        device.Prefill(slot * beams, past, tokens, lane, wanted);
    }

    public void Decode(ReadOnlySpan<StepRow> rows)
    {
        var wanted = new List<int>();
        for (var row = 0; row < rows.Length; row++)
        {
            if (rows[row].Wanted)
                wanted.Add(row / beams);
        }
        _wanted = [.. wanted];
        device.Decode(rows);
    }

    public int? Greedy(int row) => null;

    public Span<float> Logits(int row)
    {
        var logits = device.Logits(row);
        var turned = new float[logits.Length];
        for (var token = 0; token < logits.Length; token++)
            turned[(token + _sources[_wanted[row]]) % logits.Length] = logits[token];
        return turned;
    }

    public void CopySlot(int from, int to, int length)
    {
        for (var beam = 0; beam < beams; beam++)
            device.CopySlot((from * beams) + beam, (to * beams) + beam, length);
        _sources[to] = _sources[from];
    }

    public void CopyBeam(int slot, int from, int to, int length) => device.CopySlot((slot * beams) + from, (slot * beams) + to, length);

    public void Trim(int slot, int length)
    {
        for (var beam = 0; beam < beams; beam++)
            device.Trim((slot * beams) + beam, length);
    }

    public IStoredPrefix Store(int slot, int length) => throw new NotSupportedException("What two texts begin with is not shared.");

    public void Load(IStoredPrefix prefix, int slot, int length) => throw new NotSupportedException("Nothing is stored.");

    public void Dispose() => device.Dispose();
}
