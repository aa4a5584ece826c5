using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>What all engines of a generator have done. Thread-safe.</summary>
internal sealed class ContinuousCounters
{
    private readonly Lock _lock = new();
    private GenerationStatistics _sum = new();
    private int _calls;
    private long _busySince;

    public GenerationStatistics Statistics
    {
        get
        {
            lock (_lock)
                return _sum with { GenerationTime = _sum.GenerationTime + Busy() };
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

    public void Mounted(int adapters) => Add(s => s with { AdapterSwitches = s.AdapterSwitches + adapters });

    public void Retried() => Add(s => s with { Retries = s.Retries + 1 });

    public void Ended(ContinuousRow row) => Add(s => s with
    {
        Rows = s.Rows + 1,
        PromptTokens = s.PromptTokens + row.Prompt.Length,
        PaddedPromptTokens = s.PaddedPromptTokens + row.Prompt.Length,
        SharedPromptTokens = s.SharedPromptTokens + row.Shared,
        GeneratedTokens = s.GeneratedTokens + row.Running.Tokens.Count,
    });

    private void Add(Func<GenerationStatistics, GenerationStatistics> change)
    {
        lock (_lock)
            _sum = change(_sum);
    }

    private TimeSpan Busy() => _calls > 0 ? Stopwatch.GetElapsedTime(_busySince) : TimeSpan.Zero;
}
