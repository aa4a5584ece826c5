namespace XlLoraOnnx.Training;

/// <summary>What came of the training of an adapter for two languages.</summary>
public sealed record FusionTrainingReport
{
    /// <summary>The PEFT folder, with <c>flare_config.json</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>Rows of the training data.</summary>
    public required int Rows { get; init; }

    /// <summary>Linear modules that have factors.</summary>
    public required int Modules { get; init; }

    /// <summary>Numbers that were trained, those of the head among them.</summary>
    public required long Parameters { get; init; }

    /// <summary>Optimizer steps that were made, those before the run was taken up included.</summary>
    public required long Steps { get; init; }

    /// <summary>That an epoch has.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Whether the run ended for want of a better score.</summary>
    public required bool StoppedEarly { get; init; }

    /// <summary>After which the weights were what they are in the folder.</summary>
    public required long WeightsOfStep { get; init; }

    /// <summary>Of the first step.</summary>
    public required double FirstLoss { get; init; }

    /// <summary>Of the last step.</summary>
    public required double LastLoss { get; init; }

    /// <summary>Exponential average over the last steps.</summary>
    public required double SmoothedLoss { get; init; }

    /// <summary>Scores on the dev data before the first step; empty without.</summary>
    public required IReadOnlyList<DevScore> ScoresBefore { get; init; }

    /// <summary>The same of the weights in the folder.</summary>
    public required IReadOnlyList<DevScore> ScoresAfter { get; init; }

    /// <summary>Of this process, from reading the data to the last file.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Step after which this process took the run up; null if it began it.</summary>
    public long? ResumedFrom { get; init; }

    /// <summary>What somebody should know of the model, the data and the result.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
