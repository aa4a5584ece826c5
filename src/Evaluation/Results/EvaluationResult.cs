namespace XlLoraOnnx.Evaluation;

/// <summary>The scores of one task on one subset.</summary>
public sealed record EvaluationResult
{
    /// <summary>Sts, Retrieval or Alignment.</summary>
    public required EvaluationTask Task { get; init; }

    /// <summary>MTEB's name of the task, or one made from the file's.</summary>
    public required string TaskName { get; init; }

    /// <summary>Split of the data.</summary>
    public required string Split { get; init; }

    /// <summary>Subset of the task; <c>default</c> where it has none.</summary>
    public required string Subset { get; init; }

    /// <summary>Languages as MTEB writes them: <c>hau-Latn</c>.</summary>
    public required IReadOnlyList<string> Languages { get; init; }

    /// <summary>File or folder of the data.</summary>
    public required string Source { get; init; }

    /// <summary>As what the data was recognised.</summary>
    public required string Layout { get; init; }

    /// <summary>SHA-256 of the data.</summary>
    public required string DataFingerprint { get; init; }

    /// <summary>What a reader of the scores should know about the data.</summary>
    public required IReadOnlyList<string> Findings { get; init; }

    /// <summary>What stood before the texts when they were embedded.</summary>
    public IReadOnlyList<UsedPrompt> Prompts { get; init; } = [];

    /// <summary>All scores, in MTEB's order and under its names.</summary>
    public required IReadOnlyList<MetricScore> Metrics { get; init; }

    /// <summary>Name of the score that stands for all.</summary>
    public required string MainMetric { get; init; }

    /// <summary>Pairs, or queries.</summary>
    public required int Items { get; init; }

    /// <summary>When the measurement began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>Time it took, embedding included.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>The score that stands for all.</summary>
    public double MainScore => this[MainMetric].Value;

    /// <summary>A score by its name.</summary>
    /// <exception cref="ArgumentException">There is no such score.</exception>
    public MetricScore this[string metric] => Metrics.FirstOrDefault(m => m.Name == metric) ??
        throw new ArgumentException($"There is no score \"{metric}\"; there are {string.Join(", ", Metrics.Select(m => m.Name))}.");

    internal ItemScores ItemScores { get; init; } = new([], [], []);
}

/// <summary>One score.</summary>
/// <param name="Name">MTEB's name where it has one.</param>
/// <param name="Value">Full precision; result files have six decimals.</param>
/// <param name="Interval">Bootstrap interval; null where none was asked for or can be given.</param>
public sealed record MetricScore(string Name, double Value, ScoreInterval? Interval);
