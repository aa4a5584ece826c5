namespace XlLoraOnnx.Runtime;

/// <summary>
/// One device at work, on a thread of its own: takes rows from the queue into slots, reads their prompts a piece at a time, steps all rows
/// that are ready together, whatever their lengths and adapters, and gives a slot to the next row as soon as its row has ended.
/// </summary>
internal sealed partial class ContinuousEngine : IDisposable
{
    private readonly IDecoderDevice _device;
    private readonly RowQueue _queue;
    private readonly ContinuousSettings _settings;
    private readonly ContinuousCounters _counters;
    private readonly LaneTable _lanes;
    private readonly PrefixTable _prefixes;
    private readonly SlotTable _slots;
    private readonly StepSampler _sampler;
    private readonly PromptLookup? _lookup;
    private readonly Thread _thread;
    private int _failuresInARow;
    private bool _drops;
    private volatile bool _stop;

    /// <param name="device">Its owner is the engine.</param>
    /// <param name="lost">Told when the device is given up, after its rows have been given back.</param>
    public ContinuousEngine(IDecoderDevice device, RowQueue queue, AdapterCatalog catalog, ContinuousSettings settings,
        ContinuousCounters counters, Action<ContinuousEngine, Exception> lost)
    {
        (_device, _queue, _settings, _counters) = (device, queue, settings, counters);
        _lanes = new LaneTable(device, catalog, settings);
        _prefixes = new PrefixTable(device);
        _slots = new SlotTable(device, _lanes, _prefixes, settings);
        _sampler = new StepSampler(device, _slots.Beams);
        _lookup = settings.PromptLookupTokens > 0 ? new PromptLookup(settings.PromptLookupTokens) : null;
        _thread = new Thread(() => Run(lost)) { IsBackground = true, Name = $"xllora {device.Name}" };
        _thread.Start();
    }

    public string Name => _device.Name;

    /// <summary>What was reserved last; null before the first row.</summary>
    public MemoryPlan? Plan => _slots.Plan;

    /// <summary>Ends after the step that runs; rows that are not done go back to the queue.</summary>
    public void Dispose()
    {
        _stop = true;
        _queue.Wake();
        _thread.Join();
        _prefixes.Dispose();
        _device.Dispose();
    }

    private void Run(Action<ContinuousEngine, Exception> lost)
    {
        try
        {
            while (!_stop)
            {
                var version = _queue.Version;
                if (Advance() == 0 && !_stop)
                    _queue.Wait(version);
            }
            _queue.GiveBack(_slots.TakeFrom(0));
        }
#pragma warning disable CA1031 // whatever happened here, the other devices go on
        catch (Exception e)
#pragma warning restore CA1031
        {
            _queue.GiveBack(_slots.TakeFrom(0));
            lost(this, e);
        }
    }

    /// <summary>Rows that nobody wants any more, and adapters that are no longer known.</summary>
    private void Sweep()
    {
        for (var slot = _slots.Active - 1; slot >= 0; slot--)
        {
            var row = _slots[slot];
            if (row.Adapter is { } adapter && _settings.IsRemoved(adapter))
                row.RejectAsRemoved();
            if (row.IsOver)
                End(slot, row);
        }
        foreach (var adapter in _lanes.Mounted.Where(_settings.IsRemoved))
        {
            if (_slots.Adapters.Contains(adapter))
                continue;
            _lanes.Unmount(adapter);
            _prefixes.Forget(adapter);
        }
    }

    private void Admit()
    {
        while (!_stop && _slots.HasRoomFor(_queue.Count) && !_slots.RunsAlone)
        {
            var inUse = _slots.Adapters;
            if (_queue.Take(row => Judge(row, inUse), _settings.Affinity) is not { } row)
                return;
            if (!_slots.TryReserve(row, _queue))
            {
                // others must end before there is room for one so long
                if (_slots.Active > 0)
                {
                    _queue.GiveBack([row]);
                    return;
                }
                row.Reject(RejectionKind.TooLong, _slots.NoRoomFor(row));
                row.Call.Finish(row);
                continue;
            }
            Begin(row, inUse);
        }
    }

    private void Begin(ContinuousRow row, IReadOnlySet<AdapterKey> inUse)
    {
        try
        {
            if (Mount(row, inUse))
                _slots.Add(row);
        }
        catch (Exception e) when (e is DeviceMemoryException or DeviceFailedException)
        {
            Blame([row], e);
            throw;
        }
        catch
        {
            // the device will be given up: the row must not be lost with it
            _queue.GiveBack([row]);
            throw;
        }
    }

    private RowFit Judge(ContinuousRow row, IReadOnlySet<AdapterKey> inUse)
    {
        // a row with which a device has failed runs alone, so that it can take no other with it
        if (row.Failures > 0 && (_slots.Active > 0 || (row.FailedOn == this && _settings.EnginesLeft() > 1)))
            return RowFit.Later;
        return _lanes.Judge(row.Adapter, inUse);
    }

    private bool Mount(ContinuousRow row, IReadOnlySet<AdapterKey> inUse)
    {
        if (row.Adapter is not { } adapter)
            return true;
        try
        {
            var (before, time) = (_lanes.Mounts, _lanes.MountTime);
            foreach (var gone in _lanes.Mount(adapter, inUse, _slots.Active))
                _prefixes.Forget(gone);
            if (_lanes.Mounts > before)
                _slots.CountAdapters();
            _counters.Mounted(_lanes.Mounts - before, _lanes.MountTime - time);
            return true;
        }
        catch (ArgumentException) when (_settings.IsRemoved(adapter))
        {
            row.RejectAsRemoved();
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException or IOException)
        {
            row.Call.Fail(e);
        }
        row.Call.Finish(row);
        return false;
    }

    /// <returns>Rows there were. Without any, and with none that could be admitted, there is nothing to do until some come.</returns>
    private int Advance()
    {
        var rows = 1;
        _drops = false;
        try
        {
            Sweep();
            Admit();
            rows = _slots.Active;
            ReadSources();
            ReadPrompts();
            if (!StepAhead())
                Step();
        }
        catch (DeviceMemoryException e)
        {
            _queue.GiveBack(_slots.Halve(e));
            // the call cannot be made again for those that stay either
            if (_drops)
                _queue.GiveBack(_slots.TakeFrom(0));
        }
        catch (DeviceFailedException e)
        {
            HandBack(e);
        }
        return rows;
    }

    /// <summary>Prompts in the order of their slots, so many tokens between two steps.</summary>
    private void ReadPrompts()
    {
        var budget = _settings.PrefillTokens;
        for (var slot = 0; slot < _slots.Active && budget > 0; slot++)
        {
            var row = _slots[slot];
            if (row.Source is not null)
                continue;
            if (!row.HasBegun)
                _prefixes.Begin(row, slot, Math.Max(_slots.SharedPrefix(slot), _queue.SharedPrefix(row)));
            // nor does a row stop where the step that passes over it would drop what it still needs
            while (!row.IsReady && (budget > 0 || _device.Drops(row.Past, 1)))
            {
                var end = row.StoreAt > row.Past ? row.StoreAt : row.Prompt.Length - 1;
                // cut where the row alone would be cut, not where the others leave off
                var tokens = row.Prompt.AsSpan(row.Past, Math.Min(_settings.PrefillTokens, end - row.Past)).ToArray();
                Twice(() => _device.Prefill(slot, row.Past, tokens, _lanes.LaneOf(row.Adapter)), _device.Drops(row.Past, tokens.Length));
                row.Past += tokens.Length;
                budget -= tokens.Length;
                if (row.Past == row.StoreAt)
                    _prefixes.Keep(row, slot, row.Past);
            }
        }
    }

    private void Step()
    {
        var rows = _slots.StepRows(row => _lanes.LaneOf(row.Adapter));
        if (rows.Length == 0)
            return;
        var reading = _slots.ReadingBySteps();
        Twice(() => _device.Decode(rows), Array.Exists(rows, r => _device.Drops(r.Position, 1)));
        _failuresInARow = 0;
        var ready = _slots.Ready();
        foreach (var row in reading)
            row.Past++;
        _sampler.Choose(ready);
        _counters.Stepped();
        foreach (var (_, row) in ready)
            row.Past++;
        // from the last, so that the slot that moves into a free one has been looked at
        for (var i = ready.Count - 1; i >= 0; i--)
            Take(ready[i].Slot, ready[i].Taken, _sampler.Chosen(i));
    }

    /// <returns>Whether the row goes on.</returns>
    private bool Take(int slot, ContinuousRow row, StepChoice choice)
    {
        if (choice.Error is { } error)
        {
            row.Reject(RejectionKind.Failed, error);
            End(slot, row);
            return false;
        }
        var running = row.Running;
        if (row.Search is { } search)
        {
            TakeBeams(slot, row, search);
            return !search.IsDone;
        }
        var ended = running.Add(choice.Token, choice.LogProbabilities)
            || (row.Prompt.Length + running.Tokens.Count >= _settings.ContextLength && running.EndAtLength());
        row.Request.Progress?.Advance(running.Tokens.Count);
        if (running.FinishReason != FinishReason.Stop)
        {
            if (choice.LogProbabilities is { } told)
                row.Text.Tell(told, running.Tokens.Count - 1);
            row.Text.Tell(choice.Token);
        }
        if (ended)
            row.Text.Tell(null);
        if (row.Text.IsStopped)
        {
            running.EndAtStop();
            ended = true;
        }
        if (row.Text.Error is { } failed)
            row.Reject(RejectionKind.Invalid, failed);
        ended |= row.EndsFor is not null;
        if (ended)
            End(slot, row);
        return !ended;
    }

    private void End(int slot, ContinuousRow row)
    {
        _slots.Free(slot, taken: _queue.Count > 0);
        _lookup?.Remember(row);
        _counters.Ended(row, _device.Name);
        row.Call.Finish(row);
    }
}
