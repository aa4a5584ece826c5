namespace XlLoraOnnx.Runtime.Tests;

/// <summary>A device that cannot bear a token in a prompt: every step of that row fails, or gives logits that are no numbers.</summary>
internal sealed class PoisonedDevice(int poison, bool withNumbers = false) : IDecoderDevice
{
    private readonly ScriptedDevice _device = new();
    private readonly HashSet<int> _poisoned = [];
    private readonly HashSet<int> _wantedPoisoned = [];

    public string Name => _device.Name;

    public int Slots => _device.Slots;

    public int Capacity => _device.Capacity;

    public int FirstKept(int length) => _device.FirstKept(length);

    public MemoryPlan Plan(int slots, int capacity, int? filled) => _device.Plan(slots, capacity, filled);

    public void Reserve(int slots, int capacity, int keep) => _device.Reserve(slots, capacity, keep);

    public void Mount(IReadOnlyList<LaneAdapter> adapters) => _device.Mount(adapters);

    public void Prefill(int slot, int past, ReadOnlySpan<int> tokens, int lane, int wanted)
    {
        if (past == 0)
            _poisoned.Remove(slot);
        if (tokens.Contains(poison))
            _poisoned.Add(slot);
        _device.Prefill(slot, past, tokens, lane, wanted);
    }

    public void Decode(ReadOnlySpan<StepRow> rows)
    {
        _wantedPoisoned.Clear();
        for (var (slot, wanted) = (0, 0); slot < rows.Length; slot++)
        {
            if (!rows[slot].Wanted)
                continue;
            if (_poisoned.Contains(slot) && !withNumbers)
                throw new DeviceFailedException("poison");
            if (_poisoned.Contains(slot))
                _wantedPoisoned.Add(wanted);
            wanted++;
        }
        _device.Decode(rows);
    }

    public int? Greedy(int row) => null;

    public Span<float> Logits(int row)
    {
        var logits = _device.Logits(row);
        if (_wantedPoisoned.Contains(row))
            logits[3] = float.NaN;
        return logits;
    }

    public void CopySlot(int from, int to, int length)
    {
        _poisoned.Remove(to);
        if (_poisoned.Remove(from))
            _poisoned.Add(to);
        _device.CopySlot(from, to, length);
    }

    public void Trim(int slot, int length) => _device.Trim(slot, length);

    public IStoredPrefix Store(int slot, int length) => _device.Store(slot, length);

    public void Load(IStoredPrefix prefix, int slot, int length) => _device.Load(prefix, slot, length);

    public void Dispose() => _device.Dispose();
}
