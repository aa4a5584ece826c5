namespace XlLoraOnnx.Evaluation;

/// <summary>Two evaluations of the same data, side by side.</summary>
public sealed record ComparisonReport
{
    /// <summary>Model of the first run.</summary>
    public required string ModelA { get; init; }

    /// <summary>Model of the second run.</summary>
    public required string ModelB { get; init; }

    /// <summary>Share of the resamples within an interval.</summary>
    public required double Confidence { get; init; }

    /// <summary>One for each score that both runs have.</summary>
    public required IReadOnlyList<MetricComparison> Metrics { get; init; }

    /// <summary>Results that only one of the runs has.</summary>
    public required IReadOnlyList<string> Unmatched { get; init; }

    /// <summary>The differences with their intervals as an SVG picture: self-contained, light or dark as its reader's screen.</summary>
    public string ToSvg() => ComparisonSvg.Draw(this);
}

/// <summary>One score of two runs over the same pairs or queries.</summary>
public sealed record MetricComparison
{
    /// <summary>MTEB's name of the task, or one made from the file's.</summary>
    public required string TaskName { get; init; }

    /// <summary>Split of the data.</summary>
    public required string Split { get; init; }

    /// <summary>Subset of the task.</summary>
    public required string Subset { get; init; }

    /// <summary>Name of the score.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether less is better, as in alignment.</summary>
    public required bool LowerIsBetter { get; init; }

    /// <summary>Pairs, or queries.</summary>
    public required int Items { get; init; }

    /// <summary>The score of the first run.</summary>
    public required double A { get; init; }

    /// <summary>The score of the second run.</summary>
    public required double B { get; init; }

    /// <summary>Paired bootstrap interval of B − A; null where too few resamples define it.</summary>
    public required ScoreInterval? Interval { get; init; }

    /// <summary>Two-sided, of the paired bootstrap.</summary>
    public required double PValue { get; init; }

    /// <summary>B − A.</summary>
    public double Difference => B - A;

    /// <summary>Whether the interval excludes zero.</summary>
    public bool IsReal => Interval is { } interval && (interval.Low > 0 || interval.High < 0);

    /// <summary>What the numbers say, in words.</summary>
    public string Verdict => Interval is null ? "too little data to say"
        : !IsReal ? $"no difference that {Items} items could show"
        : (Difference > 0) != LowerIsBetter ? "B is better" : "A is better";
}
