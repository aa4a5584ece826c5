using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>Which adapters are mounted on a device, least recently used last to stay.</summary>
internal sealed class LaneTable(IDecoderDevice device, AdapterCatalog catalog, ContinuousSettings settings)
{
    private readonly List<(AdapterKey Key, LaneAdapter Adapter)> _lanes = [];
    private readonly List<AdapterKey> _byUse = [];
    private float[]? _baseLogits;

    public int Mounts { get; private set; }

    /// <summary>How long mounting took, all adapters together, with their checks.</summary>
    public TimeSpan MountTime { get; private set; }

    /// <returns>−1 for none.</returns>
    public int LaneOf(AdapterKey? adapter) => adapter is { } key ? _lanes.FindIndex(l => l.Key == key) : -1;

    /// <param name="inUse">Adapters of rows that run.</param>
    public RowFit Judge(AdapterKey? adapter, IReadOnlySet<AdapterKey> inUse)
    {
        if (adapter is null || LaneOf(adapter) >= 0)
            return RowFit.Mounted;
        // one that is too large for any place is not to wait for one: to mount it says why
        if (Fits(_lanes, adapter.Value) || catalog.Bytes(adapter.Value.Name) > settings.MaxAdapterBytes)
            return RowFit.Room;
        return Fits(_lanes.FindAll(l => inUse.Contains(l.Key)), adapter.Value) ? RowFit.Exchange : RowFit.Later;
    }

    /// <summary>Mounts the adapter unless it is, in place of those least recently used where there is no room.</summary>
    /// <param name="freeSlot">For the canary; its content goes.</param>
    /// <returns>Adapters that had to go.</returns>
    /// <exception cref="InvalidDataException">It cannot be mounted; the others are as before.</exception>
    /// <exception cref="NotSupportedException">It is larger than all adapters together may be.</exception>
    public IReadOnlyList<AdapterKey> Mount(AdapterKey adapter, IReadOnlySet<AdapterKey> inUse, int freeSlot)
    {
        if (LaneOf(adapter) >= 0)
        {
            _byUse.Remove(adapter);
            _byUse.Add(adapter);
            return [];
        }
        var started = Stopwatch.GetTimestamp();
        var lane = new LaneAdapter(adapter.Name, catalog.Verify(adapter.Name));
        if (catalog.Bytes(adapter.Name) is var bytes && bytes > settings.MaxAdapterBytes)
            throw new NotSupportedException($"Adapter '{adapter.Name}' needs {bytes:N0} bytes on {device.Name}; all adapters together may have "
                + $"{settings.MaxAdapterBytes:N0} (MaxAdapterBytes). Allow more.");
        var before = _lanes.ToArray();
        var gone = new List<AdapterKey>();
        foreach (var unused in _byUse.Where(k => !inUse.Contains(k)).TakeWhile(_ => !Fits(_lanes, adapter)))
        {
            _lanes.RemoveAll(l => l.Key == unused);
            gone.Add(unused);
        }
        _lanes.Add((adapter, lane));
        try
        {
            Remount();
            if (settings.Canary is { } canary)
                RunCanary(canary, adapter, freeSlot);
        }
        catch
        {
            _lanes.Clear();
            _lanes.AddRange(before);
            Remount();
            throw;
        }
        _byUse.RemoveAll(gone.Contains);
        _byUse.Add(adapter);
        Mounts++;
        foreach (var evicted in gone)
            settings.Logger.AdapterEvicted(evicted.Name, device.Name, adapter.Name);
        var elapsed = Stopwatch.GetElapsedTime(started);
        MountTime += elapsed;
        settings.Logger.AdapterMounted(adapter.Name, device.Name, elapsed.TotalMilliseconds);
        return gone;
    }

    /// <summary>Of an adapter that is no longer known; rows that use it have gone.</summary>
    public void Unmount(AdapterKey adapter)
    {
        if (LaneOf(adapter) < 0)
            return;
        _lanes.RemoveAll(l => l.Key == adapter);
        _byUse.Remove(adapter);
        Remount();
        settings.Logger.AdapterUnmounted(adapter.Name, device.Name);
    }

    public IReadOnlyList<AdapterKey> Mounted => [.. _lanes.Select(l => l.Key)];

    /// <summary>What the adapters that are mounted and those that are asked for take up at a time, at most.</summary>
    public long BytesWith(IEnumerable<AdapterKey> asked) => Math.Min(settings.MaxAdapterBytes, Mounted.Union(asked)
        .Select(a => catalog.Bytes(a.Name)).OrderDescending().Take(settings.MaxResidentAdapters).Sum());

    /// <summary>Whether there is room for one more beside these.</summary>
    private bool Fits(List<(AdapterKey Key, LaneAdapter Adapter)> lanes, AdapterKey adapter) =>
        lanes.Count < settings.MaxResidentAdapters
        && lanes.Sum(l => catalog.Bytes(l.Key.Name)) + catalog.Bytes(adapter.Name) <= settings.MaxAdapterBytes;

    private void Remount() => device.Mount([.. _lanes.Select(l => l.Adapter)]);

    private void RunCanary(CanaryPrompt canary, AdapterKey adapter, int slot)
    {
        int[] prompt = [.. canary.InputIds];
        _baseLogits ??= Logits(-1);
        CanaryCheck.Require(adapter.Name, prompt.Length, _baseLogits, Logits(LaneOf(adapter)));

        float[] Logits(int lane)
        {
            // an encoder reads it, and the decoder begins
            if (settings.DecoderStart is not null)
                ((ISourceDevice)device).Encode([new SourceRow(slot, prompt, lane)]);
            device.Prefill(slot, past: 0, settings.DecoderStart is { } start ? [start] : prompt, lane, wanted: 1);
            return device.Logits(0).ToArray();
        }
    }
}
