namespace XlLoraOnnx.Runtime.GenAI;

/// <summary>What a generator has done, batch by batch. Thread-safe.</summary>
internal sealed class GenAiCounters
{
    private readonly Lock _lock = new();
    private GenerationStatistics _statistics = new();
    private string? _activeAdapter;

    public GenerationStatistics Statistics
    {
        get
        {
            lock (_lock)
                return _statistics;
        }
    }

    public void Count(GenerationBatch batch, RunningRow[] rows, TimeSpan elapsed)
    {
        lock (_lock)
        {
            _statistics = _statistics with
            {
                Rows = _statistics.Rows + rows.Length,
                Batches = _statistics.Batches + 1,
                PromptTokens = _statistics.PromptTokens + batch.Rows.Sum(r => (long)r.Prompt.Length),
                PaddedPromptTokens = _statistics.PaddedPromptTokens + (long)rows.Length * batch.LongestPrompt,
                GeneratedTokens = _statistics.GeneratedTokens + rows.Sum(r => (long)r.Tokens.Count),
                AdapterSwitches = _statistics.AdapterSwitches + (_statistics.Batches > 0 && batch.Adapter != _activeAdapter ? 1 : 0),
                GenerationTime = _statistics.GenerationTime + elapsed,
            };
            _activeAdapter = batch.Adapter;
        }
    }
}
