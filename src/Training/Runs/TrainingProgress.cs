namespace XlLoraOnnx.Training;

/// <summary>How far a training is: reported after every step and every evaluation, and before the first.</summary>
public sealed record TrainingProgress
{
    /// <summary>Steps that are made, those before a run was taken up included.</summary>
    public required long Step { get; init; }

    /// <summary>Steps of the run, unless it ends early.</summary>
    public required long TotalSteps { get; init; }

    /// <summary>Passes over the data that are made, with their fraction.</summary>
    public required double Epoch { get; init; }

    /// <summary>Of the last step; null before the first.</summary>
    public required double? Loss { get; init; }

    /// <summary>Exponential average over the last steps; null before the first.</summary>
    public required double? SmoothedLoss { get; init; }

    /// <summary>That the last step was made with; null before the first.</summary>
    public required double? LearningRate { get; init; }

    /// <summary>Of the last step, before clipping; null before the first.</summary>
    public required double? GradientNorm { get; init; }

    /// <summary>Rows of the data per second of this process, evaluations not counted; null before its first step.</summary>
    public required double? RowsPerSecond { get; init; }

    /// <summary>Computed tokens per second of this process, without padding; null before its first step.</summary>
    public required double? TokensPerSecond { get; init; }

    /// <summary>At the rate so far, with evaluations and checkpoints; null while there is no rate.</summary>
    public required TimeSpan? TimeLeft { get; init; }

    /// <summary>Of the last evaluation; empty before the first, and without dev sets.</summary>
    public required IReadOnlyList<DevScore> DevScores { get; init; }

    /// <summary>What a person should know once: that a run is taken up, that a checkpoint is damaged, that it ends early; else
    /// null.</summary>
    public string? Notice { get; init; }
}
