namespace XlLoraOnnx.Training;

/// <summary>What came of a training, whatever was trained.</summary>
public abstract record TrainingReport
{
    private protected TrainingReport(string folder, int rows, int stepsPerEpoch, TrainingResult result, IReadOnlyList<string> notices)
    {
        var (steps, evaluations) = (result.History.Steps, result.History.Evaluations);
        (Folder, Rows, StepsPerEpoch, Notices) = (folder, rows, stepsPerEpoch, notices);
        (Steps, StoppedEarly, WeightsOfStep, ResumedFrom) = (result.Steps, result.StoppedEarly, result.WeightsOfStep, result.ResumedFrom);
        (FirstLoss, LastLoss, SmoothedLoss) = (steps[0].Loss, steps[^1].Loss, result.History.SmoothedLosses[^1]);
        ScoresBefore = evaluations.FirstOrDefault(e => e.Step == 0)?.Scores ?? [];
        ScoresAfter = evaluations.FirstOrDefault(e => e.Step == WeightsOfStep)?.Scores ?? [];
    }

    /// <summary>What was written: a sentence-transformers folder, or a PEFT folder.</summary>
    public string Folder { get; }

    /// <summary>Rows of the training data that were read.</summary>
    public int Rows { get; }

    /// <summary>Optimizer steps that were made, those before the run was taken up included.</summary>
    public long Steps { get; }

    /// <summary>That an epoch has.</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Whether the run ended for want of a better score.</summary>
    public bool StoppedEarly { get; }

    /// <summary>After which the weights were what they are in the folder.</summary>
    public long WeightsOfStep { get; }

    /// <summary>Of the first step.</summary>
    public double FirstLoss { get; }

    /// <summary>Of the last step.</summary>
    public double LastLoss { get; }

    /// <summary>Exponential average over the last steps.</summary>
    public double SmoothedLoss { get; }

    /// <summary>Scores on the dev data before the first step; empty without.</summary>
    public IReadOnlyList<DevScore> ScoresBefore { get; }

    /// <summary>The same of the weights in the folder.</summary>
    public IReadOnlyList<DevScore> ScoresAfter { get; }

    /// <summary>Of this process, from reading the data to the last file.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Step after which this process took the run up; null if it began it.</summary>
    public long? ResumedFrom { get; }

    /// <summary>What somebody should know of the model, the data and the result.</summary>
    public IReadOnlyList<string> Notices { get; }
}
