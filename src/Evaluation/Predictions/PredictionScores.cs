namespace XlLoraOnnx.Evaluation;

/// <summary>The scores of one system on the examples of one language.</summary>
public sealed record PredictionScores
{
    /// <summary>Name of the system.</summary>
    public required string System { get; init; }

    /// <summary>What it read.</summary>
    public required CrossLingualSetting Setting { get; init; }

    /// <summary>The task.</summary>
    public required TextTask Task { get; init; }

    /// <summary>What the data is called.</summary>
    public required string TaskName { get; init; }

    /// <summary>Split of the data.</summary>
    public required string Split { get; init; }

    /// <summary>The language.</summary>
    public required string Subset { get; init; }

    /// <summary>File or folder of the data.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of the examples with their labels or answers.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>SHA-256 of the predictions and the setting.</summary>
    public required string SystemFingerprint { get; init; }

    /// <summary>How many examples there are.</summary>
    public required int Examples { get; init; }

    /// <summary>0 to 1. XNLI: <c>accuracy</c>, <c>macro_f1</c>; NusaX: <c>macro_f1</c>, <c>accuracy</c>; TyDi QA: <c>exact_match</c>,
    /// <c>f1</c>.</summary>
    public required IReadOnlyList<MetricScore> Metrics { get; init; }

    /// <summary>What a reader of the scores should know.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    /// <summary>A score by its name.</summary>
    /// <exception cref="ArgumentException">There is no such score.</exception>
    public MetricScore this[string metric] => Metrics.FirstOrDefault(m => m.Name == metric) ??
        throw new ArgumentException($"There is no score \"{metric}\"; there are {string.Join(", ", Metrics.Select(m => m.Name))}.");

    internal ItemScores Items { get; init; } = new([], [], []);
}

/// <summary>The mean over languages of a system's scores.</summary>
/// <param name="System">Name of the system.</param>
/// <param name="TaskName">What the data is called.</param>
/// <param name="Split">Split of the data.</param>
/// <param name="Subsets">The languages. Those of TyDi QA are all but English, as its authors report it.</param>
/// <param name="Metrics">Means of the scores, without intervals.</param>
public sealed record PredictionAverage(
    string System, string TaskName, string Split, IReadOnlyList<string> Subsets, IReadOnlyList<MetricScore> Metrics);

/// <summary>What a <see cref="PredictionEvaluator"/> measured.</summary>
public sealed record PredictionScoreReport
{
    /// <summary>One for each system and language.</summary>
    public required IReadOnlyList<PredictionScores> Results { get; init; }

    /// <summary>One for each system with several languages.</summary>
    public IReadOnlyList<PredictionAverage> Averages =>
    [
        .. Results.GroupBy(r => (r.System, r.TaskName, r.Split)).Select(group =>
        {
            PredictionScores[] results = [.. group.Where(r => r.Task != TextTask.TyDiQa || r.Subset is not ("en" or "english"))];
            return new PredictionAverage(
                group.Key.System, group.Key.TaskName, group.Key.Split, [.. results.Select(r => r.Subset)],
                results.Length < 2 ? [] : [.. results[0].Metrics.Select(
                    m => new MetricScore(m.Name, results.Average(r => r[m.Name].Value), null))]);
        }).Where(a => a.Metrics.Count > 0),
    ];
}
