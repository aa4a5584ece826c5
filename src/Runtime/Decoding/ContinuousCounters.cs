using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>What all engines of a generator have done. Thread-safe.</summary>
internal sealed class ContinuousCounters
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, DeviceStatistics> _devices = new(StringComparer.Ordinal);
    private GenerationStatistics _sum = new();
    private int _calls;
    private long _busySince;

    public GenerationStatistics Statistics
    {
        get
        {
            lock (_lock)
                return _sum with { GenerationTime = _sum.GenerationTime + Busy(), Devices = [.. _devices.Values] };
        }
    }

    public void CallBegins()
    {
        lock (_lock)
        {
            if (_calls++ == 0)
                _busySince = Stopwatch.GetTimestamp();
        }
    }

    public void CallEnds()
    {
        lock (_lock)
        {
            if (_calls == 1)
                _sum = _sum with { GenerationTime = _sum.GenerationTime + Busy() };
            _calls--;
        }
    }

    public void Stepped() => Add(s => s with { Batches = s.Batches + 1 });

    public void Mounted(int adapters, TimeSpan time) => Add(s => s with
    {
        AdapterSwitches = s.AdapterSwitches + adapters,
        AdapterSwitchTime = s.AdapterSwitchTime + time,
    });

    public void LookedUp(int proposed, int accepted) => Add(s => s with
    {
        ProposedTokens = s.ProposedTokens + proposed,
        AcceptedTokens = s.AcceptedTokens + accepted,
    });

    public void Retried() => Add(s => s with { Retries = s.Retries + 1 });

    /// <param name="device">Name of the one that it ended on.</param>
    public void Ended(ContinuousRow row, string device)
    {
        lock (_lock)
        {
            var tokens = row.Running.Tokens.Count;
            _sum = _sum with
            {
                Rows = _sum.Rows + 1,
                PromptTokens = _sum.PromptTokens + row.PromptTokens,
                PaddedPromptTokens = _sum.PaddedPromptTokens + row.PromptTokens,
                SharedPromptTokens = _sum.SharedPromptTokens + row.Shared,
                GeneratedTokens = _sum.GeneratedTokens + tokens,
            };
            var before = _devices.GetValueOrDefault(device) ?? new DeviceStatistics(device, 0, 0);
            _devices[device] = before with { Rows = before.Rows + 1, GeneratedTokens = before.GeneratedTokens + tokens };
        }
    }

    private void Add(Func<GenerationStatistics, GenerationStatistics> change)
    {
        lock (_lock)
            _sum = change(_sum);
    }

    private TimeSpan Busy() => _calls > 0 ? Stopwatch.GetElapsedTime(_busySince) : TimeSpan.Zero;
}
