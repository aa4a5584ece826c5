using System.Diagnostics;

namespace XlLoraOnnx.Runtime;

/// <summary>Measures one batch size after the other.</summary>
internal sealed class BenchmarkRun(XlLoraModel model, GenerationBenchmarkOptions plan, IProgress<GenerationBenchmarkProgress>? progress)
{
    private readonly BenchmarkPrompts _prompts = new(model.Folder, plan);
    private int _done;

    public async Task<GenerationBenchmarkRow> MeasureAsync(int batchSize, long loadedBytes, CancellationToken cancellationToken)
    {
        var cases = Cases(batchSize).ToArray();
        var rates = cases.Select(_ => new List<double>()).ToArray();
        var fullLength = true;
        var before = model.Statistics;
        using var memory = new MemorySampler();
        for (var run = -1; run < plan.Runs; run++)
        {
            for (var i = 0; i < cases.Length; i++)
            {
                var (rate, full) = await MeasureAsync(batchSize, cases[i], cancellationToken).ConfigureAwait(false);
                fullLength &= full;
                if (run >= 0) // the first warms up
                    rates[i].Add(rate);
                progress?.Report(new GenerationBenchmarkProgress(++_done, Total, batchSize, rate));
            }
        }
        double? Rate(int i) => i < rates.Length ? Median(rates[i]) : null;
        var peak = memory.Peak;
        var done = model.Statistics.Since(before);
        return new GenerationBenchmarkRow
        {
            BatchSize = batchSize,
            TokensPerSecond = Median(rates[0]),
            AdapterTokensPerSecond = Rate(1),
            MixedTokensPerSecond = Rate(2),
            AcceptedTokenShare = done.ProposedTokens > 0 ? done.AcceptedTokenShare : null,
            PeakBytes = peak,
            GrowthBytes = Math.Max(0, peak - loadedBytes),
            FullLength = fullLength,
        };
    }

    private int Total => plan.BatchSizes!.Sum(size => Cases(size).Count() * (plan.Runs + 1));

    /// <summary>Adapters that rows take in turn: the base model, one adapter, two of them.</summary>
    private IEnumerable<string?[]> Cases(int batchSize)
    {
        yield return [null];
        if (plan.Adapters is [var first, ..])
            yield return [first];
        if (plan.Adapters is [var one, var other] && batchSize > 1)
            yield return [one, other];
    }

    private async Task<(double Rate, bool FullLength)> MeasureAsync(
        int batchSize, string?[] adapters, CancellationToken cancellationToken)
    {
        var requests = Enumerable.Range(0, batchSize).Select(row => new GenerationRequest
        {
            RowId = row,
            PromptTokens = _prompts.Next(),
            Adapter = adapters[row % adapters.Length],
            Sampling = SamplingOptions.Greedy,
            MaxNewTokens = plan.NewTokens,
            IgnoreStopTokens = true,
        }).ToArray();
        long tokens = 0;
        var full = true;
        var started = Stopwatch.GetTimestamp();
        await foreach (var result in model.Generator.GenerateAsync(requests, cancellationToken).ConfigureAwait(false))
        {
            if (result.FinishReason == FinishReason.Rejected)
                throw new InvalidDataException($"Row {result.RowId} of a batch of {batchSize} was rejected: {result.Error}");
            tokens += result.TokenCount;
            full &= result.TokenCount == plan.NewTokens;
        }
        return (tokens / Math.Max(Stopwatch.GetElapsedTime(started).TotalSeconds, 1e-9), full);
    }

    private static double Median(List<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
