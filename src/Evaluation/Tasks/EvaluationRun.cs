using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Evaluation;

/// <summary>One model on one set of data.</summary>
internal sealed class EvaluationRun(
    IEmbeddingGenerator<string, Embedding<float>> generator, EvaluationData data, EvaluationOptions options,
    IProgress<EvaluationProgress>? progress)
{
    private readonly long _clock = Stopwatch.GetTimestamp();
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private readonly List<UsedPrompt> _prompts = [];

    public EvaluationOptions Options => options;

    public PromptChoice Prompts { get; } = new(options, generator.GetService<EmbeddingPrompts>() ?? EmbeddingPrompts.None);

    /// <summary>Numbers of a vector, once texts were embedded.</summary>
    public int Dimension { get; private set; }

    /// <param name="prompts">What stands before the texts: the same before all, if it is before several kinds of them.</param>
    public async Task<EmbeddedTexts> EmbedAsync(IEnumerable<string> texts, CancellationToken cancellationToken, params UsedPrompt[] prompts)
    {
        _prompts.AddRange(prompts);
        var embedded = await EmbeddedTexts.CreateAsync(
            generator, texts, prompts[0].Prompt, data.Source, (done, total) => Report("embedding", done, total), cancellationToken)
            .ConfigureAwait(false);
        Dimension = embedded.Matrix.Dimension;
        return embedded;
    }

    public void Report(string stage, long done, long total) =>
        progress?.Report(new EvaluationProgress($"{data.Name.TaskName} {data.Name.Subset}", stage, done, total));

    public EvaluationResult Result(
        EvaluationTask task, string mainMetric, IReadOnlyList<MetricScore> metrics, ItemScores items, params string[] findings) => new()
        {
            Task = task,
            TaskName = data.Name.TaskName,
            Split = data.Name.Split,
            Subset = data.Name.Subset,
            Languages = data.Name.Languages,
            Source = data.Source,
            Layout = data.Layout,
            DataFingerprint = data.Fingerprint,
            Prompts = [.. _prompts],
            Findings = [.. data.Findings, .. findings, .. Prompts.Finding(_prompts) is { } finding ? new[] { finding } : []],
            Metrics = metrics,
            MainMetric = mainMetric,
            Items = items.Ids.Count,
            ItemScores = items,
            Started = _started,
            Elapsed = Stopwatch.GetElapsedTime(_clock),
        };

    /// <summary>Scores with their intervals, all from the same draws.</summary>
    public IReadOnlyList<MetricScore> WithIntervals(
        IReadOnlyList<string> names, int items, Bootstrap.Statistic statistic, CancellationToken cancellationToken)
    {
        var values = new double[names.Count];
        statistic([.. Enumerable.Range(0, items)], values);
        if (options.BootstrapSamples == 0)
            return [.. names.Select((name, i) => new MetricScore(name, values[i], null))];
        Report("resampling", 0, options.BootstrapSamples);
        var samples = Bootstrap.Run(items, options.BootstrapSamples, options.Seed, names.Count, statistic, cancellationToken);
        return [.. names.Select((name, i) => new MetricScore(name, values[i], Bootstrap.Interval(samples[i], options.Confidence)))];
    }
}
