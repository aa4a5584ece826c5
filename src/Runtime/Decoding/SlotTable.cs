using System.Globalization;
using System.Numerics;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// Which row is in which slot. Rows stand in the first slots without gaps, so that a step runs over as few as there are; when one ends,
/// the last takes its place. Slots come as rows do, and grow with the longest, as far as the memory goes.
/// </summary>
internal sealed class SlotTable(IDecoderDevice device, LaneTable lanes, PrefixTable prefixes, ContinuousSettings settings)
{
    /// <summary>Positions are added in pieces of this size.</summary>
    private const int CapacityStep = 8;

    private readonly List<ContinuousRow> _rows = [];
    private int _most = settings.MaxSlots;
    private long _adapterBytes;

    /// <summary>Of the device for each slot.</summary>
    public int Beams { get; } = (device as ISourceDevice)?.Beams ?? 1;

    /// <summary>Rows in slots, ready or not.</summary>
    public int Active => _rows.Count;

    public MemoryPlan? Plan { get; private set; }

    public ContinuousRow this[int slot] => _rows[slot];

    public IReadOnlySet<AdapterKey> Adapters => _rows.Select(r => r.Adapter).OfType<AdapterKey>().ToHashSet();

    /// <summary>Another row would be with one that has to be alone.</summary>
    public bool RunsAlone => _rows.Exists(r => r.Failures > 0);

    public bool HasRoomFor(int waiting) => waiting > 0 && Active < _most;

    /// <summary>Makes room for one more row.</summary>
    /// <param name="queue">What waits there is thought of.</param>
    /// <returns>Whether there is room.</returns>
    public bool TryReserve(ContinuousRow row, RowQueue queue)
    {
        if (row.Need <= device.Capacity && Active < device.Slots)
            return true;
        _adapterBytes = lanes.BytesWith(row.Call.Adapters.Concat(queue.Adapters()));
        // in one go for all that wait and are not much longer, and in powers of two
        // a slot must hold the canary of an adapter too
        var canary = settings.Canary?.InputIds.Count ?? 0;
        var least = Math.Max(canary, _rows.Select(r => r.Need).Append(row.Need).Max());
        var most = Math.Max(Math.Max(least, device.Capacity), queue.LargestNeed(atMost: 2 * row.Need));
        var wanted = (int)BitOperations.RoundUpToPowerOf2((uint)(Active + 1 + queue.Count));
        foreach (var capacity in (int[])[Capacity(most), Capacity(least)])
        {
            var slots = Fit(Math.Min(_most, Math.Max(wanted, device.Slots)), capacity);
            for (; slots > Active; slots = _most)
            {
                if (Reserve(slots, capacity, Filled([.. queue.Needs(capacity), (row.Prompt.Length, row.Need)], slots)))
                    return true;
                // the plan was wrong about what is free; what there was before is still there
                _most = slots / 2;
                settings.Logger.MemoryHalved(device.Name, _most, "The memory that was planned was not there.");
            }
        }
        return false;
    }

    public string NoRoomFor(ContinuousRow row)
    {
        var plan = Planned(1, Capacity(row.Need));
        return string.Create(CultureInfo.InvariantCulture,
            $"A row of {row.Need:N0} tokens needs {plan.TotalBytes:N0} bytes on {device.Name}, which has {plan.FreeBytes:N0} free. ")
            + "Ask for fewer new tokens, or free memory.";
    }

    /// <summary>Gives the row the next slot; <see cref="TryReserve"/> has made room.</summary>
    public void Add(ContinuousRow row)
    {
        // memory that the prompt takes again at once is kept
        device.Trim(_rows.Count, row.Prompt.Length);
        _rows.Add(row);
    }

    /// <summary>The longest beginning that a prompt shares with one behind it that is still to be read, in tokens.</summary>
    public int SharedPrefix(int slot) => _rows.Skip(slot + 1).Where(r => !r.HasBegun && r.Adapter == _rows[slot].Adapter)
        .Select(r => _rows[slot].Prompt.AsSpan().CommonPrefixLength(r.Prompt)).DefaultIfEmpty().Max();

    /// <param name="taken">Whether a row waits for the slot, which takes its memory as it is.</param>
    public void Free(int slot, bool taken)
    {
        var last = _rows.Count - 1;
        if (slot != last)
        {
            device.CopySlot(last, slot, _rows[last].Past);
            device.Trim(slot, _rows[last].Past);
            _rows[slot] = _rows[last];
        }
        if (!taken)
            device.Trim(last, 0);
        _rows.RemoveAt(last);
    }

    /// <summary>Rows whose next token is to be chosen, with their slots.</summary>
    public IReadOnlyList<ReadyRow> Ready() => [.. _rows.Select((row, slot) => new ReadyRow(slot, row)).Where(r => r.Taken.IsReady)];

    /// <summary>Rows whose prompt the next step goes on reading.</summary>
    public IReadOnlyList<ContinuousRow> ReadingBySteps() => _rows.FindAll(r => r.ReadsBySteps);

    /// <summary>
    /// A token for every row of every slot; a slot whose prompt is not read yet is passed over: what it writes is written again, or is what
    /// its prompt wants next.
    /// </summary>
    public StepRow[] StepRows(Func<ContinuousRow, int> laneOf)
    {
        var last = _rows.FindLastIndex(r => r.IsReady || r.ReadsBySteps);
        var rows = new StepRow[(last + 1) * Beams];
        Span<int> tokens = stackalloc int[Beams];
        for (var slot = 0; slot <= last; slot++)
        {
            var row = _rows[slot];
            tokens.Fill(row.IsReady ? row.NextToken : row.Prompt[row.Past]);
            if (row.IsReady)
                row.Search?.WriteTokens(row.NextToken, tokens);
            for (var beam = 0; beam < Beams; beam++)
                rows[slot * Beams + beam] = new StepRow(tokens[beam], row.Past, laneOf(row), Wanted: row.IsReady);
        }
        return rows;
    }

    /// <summary>Takes the rows out of all slots from one on; they begin again elsewhere.</summary>
    public IReadOnlyList<ContinuousRow> TakeFrom(int slot)
    {
        var taken = _rows[slot..];
        _rows.RemoveRange(slot, taken.Count);
        foreach (var row in taken)
            row.Restart();
        return taken;
    }

    /// <summary>Half the slots, for good: the device has less memory than it seemed.</summary>
    /// <returns>The rows that have to go.</returns>
    public IReadOnlyList<ContinuousRow> Halve(DeviceMemoryException error)
    {
        prefixes.Clear();
        if (_most == 1)
        {
            var last = TakeFrom(0);
            foreach (var row in last)
                row.Reject(RejectionKind.Failed, error.Message);
            return last;
        }
        _most = Math.Max(1, Math.Min(_most, Math.Max(device.Slots, Active)) / 2);
        settings.Logger.MemoryHalved(device.Name, _most, error.Message);
        var gone = TakeFrom(Math.Min(_most, Active));
        if (device.Slots > _most)
            Reserve(_most, device.Capacity, filled: null);
        return gone;
    }

    /// <summary>Others are mounted now.</summary>
    public void CountAdapters() =>
        Plan = Plan! with { AdapterBytes = Planned(device.Slots, device.Capacity).AdapterBytes };

    private int Capacity(int need) =>
        Math.Min(settings.ContextLength, (need + CapacityStep - 1) / CapacityStep * CapacityStep);

    /// <summary>As many slots as wanted, or as many as the memory has room for.</summary>
    private int Fit(int wanted, int capacity)
    {
        var (one, two) = (Planned(1, capacity), Planned(2, capacity));
        // of the adapters those alone that are mounted already
        var held = Plan is null ? 0 : Plan.TotalBytes - Plan.AdapterBytes + device.Plan(1, capacity).AdapterBytes;
        var each = Math.Max(1, two.TotalBytes - one.TotalBytes);
        var room = (one.FreeBytes + held) * settings.MemoryShare - (one.TotalBytes - each);
        return (int)Math.Clamp(Math.Floor(room / each), 0, wanted);
    }

    /// <summary>
    /// Positions of a slot on average, when the slots together have about the most that they have at a time: rows in the middle of their
    /// answers, of which the long ones are there for longer, and two standard deviations of the average.
    /// </summary>
    private static int Filled(IEnumerable<(int Prompt, int Need)> rows, int slots)
    {
        var (steps, sum, squares) = (0.0, 0.0, 0.0);
        foreach (var (prompt, need) in rows)
        {
            double answer = Math.Max(1, need - prompt);
            steps += answer;
            sum += answer * (prompt + answer / 2);
            squares += answer * ((double)prompt * prompt + prompt * answer + answer * answer / 3);
        }
        var mean = sum / steps;
        return (int)Math.Ceiling(mean + 2 * Math.Sqrt(Math.Max(0, squares / steps - mean * mean) / slots));
    }

    /// <summary>With the adapters that rows will want, mounted or not.</summary>
    private MemoryPlan Planned(int slots, int capacity, int? filled = null)
    {
        var plan = device.Plan(slots, capacity, filled);
        return plan with { AdapterBytes = Math.Max(plan.AdapterBytes, _adapterBytes) };
    }

    private bool Reserve(int slots, int capacity, int? filled)
    {
        try
        {
            var plan = Planned(slots, capacity, filled);
            device.Reserve(slots, capacity, Active);
            prefixes.Budget = Math.Max(plan.CacheBytes / 16, 2 * plan.CacheBytes / slots);
            Plan = plan with { PrefixBytes = prefixes.Budget };
            settings.Logger.MemoryPlanned(device.Name, slots, capacity, Plan.TotalBytes, Plan.FreeBytes);
            return true;
        }
        catch (DeviceMemoryException)
        {
            return false;
        }
    }
}

/// <param name="Taken">The row that has the slot, and whose next token is to be chosen.</param>
internal readonly record struct ReadyRow(int Slot, ContinuousRow Taken);
