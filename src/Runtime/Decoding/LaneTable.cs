using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>Which adapters are mounted on a device, least recently used last to stay.</summary>
internal sealed class LaneTable(IDecoderDevice device, AdapterCatalog catalog, ContinuousSettings settings)
{
    private readonly List<(AdapterKey Key, LaneAdapter Adapter)> _lanes = [];
    private readonly List<AdapterKey> _byUse = [];
    private float[]? _baseLogits;

    public int Mounts { get; private set; }

    /// <returns>−1 for none.</returns>
    public int LaneOf(AdapterKey? adapter) => adapter is { } key ? _lanes.FindIndex(l => l.Key == key) : -1;

    /// <param name="inUse">Adapters of rows that run.</param>
    public RowFit Judge(AdapterKey? adapter, IReadOnlySet<AdapterKey> inUse)
    {
        if (adapter is null || LaneOf(adapter) >= 0)
            return RowFit.Mounted;
        if (_lanes.Count < settings.MaxResidentAdapters)
            return RowFit.Room;
        return _lanes.Exists(l => !inUse.Contains(l.Key)) ? RowFit.Exchange : RowFit.Later;
    }

    /// <summary>Mounts the adapter unless it is, in place of the least recently used one where there is no room.</summary>
    /// <param name="freeSlot">For the canary; its content goes.</param>
    /// <returns>The adapter that had to go.</returns>
    /// <exception cref="InvalidDataException">It cannot be mounted; the others are as before.</exception>
    public AdapterKey? Mount(AdapterKey adapter, IReadOnlySet<AdapterKey> inUse, int freeSlot)
    {
        if (LaneOf(adapter) >= 0)
        {
            _byUse.Remove(adapter);
            _byUse.Add(adapter);
            return null;
        }
        var started = Stopwatch.GetTimestamp();
        var lane = new LaneAdapter(adapter.Name, catalog.Verify(adapter.Name));
        AdapterKey? gone = _lanes.Count < settings.MaxResidentAdapters ? null : _byUse.First(k => !inUse.Contains(k));
        var before = _lanes.ToArray();
        _lanes.RemoveAll(l => l.Key == gone);
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
        if (gone is { } replaced)
            _byUse.Remove(replaced);
        _byUse.Add(adapter);
        Mounts++;
        if (gone is { } evicted)
            settings.Logger.AdapterEvicted(evicted.Name, device.Name, adapter.Name);
        settings.Logger.AdapterMounted(adapter.Name, device.Name, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
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
            device.Prefill(slot, past: 0, settings.DecoderStart is { } start ? [start] : prompt, lane, wantLogits: true);
            return device.Logits(0).ToArray();
        }
    }
}
