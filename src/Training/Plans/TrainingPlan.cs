namespace XlLoraOnnx.Training;

/// <summary>What a training is going to take; nothing was written for it, and no weight was changed.</summary>
public sealed record TrainingPlan
{
    /// <summary>Rows that are trained on.</summary>
    public required int Rows { get; init; }

    /// <summary>Rows of a batch.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Batches of an epoch: of those, one or more make a step.</summary>
    public required int BatchesPerEpoch { get; init; }

    /// <summary>Optimizer steps of an epoch.</summary>
    public required int StepsPerEpoch { get; init; }

    /// <summary>Optimizer steps of the whole run, if it does not end early.</summary>
    public required long Steps { get; init; }

    /// <summary>Texts that go through the model at once, where they are most.</summary>
    public required int Texts { get; init; }

    /// <summary>Tokens of the longest text.</summary>
    public required int LongestText { get; init; }

    /// <summary>Numbers that are trained.</summary>
    public required long TrainableParameters { get; init; }

    /// <summary>Numbers that stay as they are.</summary>
    public required long FrozenParameters { get; init; }

    /// <summary>Of the numbers that are trained.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Of those that stay as they are, in the precision that they are held in.</summary>
    public required long FrozenBytes { get; init; }

    /// <summary>Of a step, added up; of tables, the rows of a batch.</summary>
    public required long GradientBytes { get; init; }

    /// <summary>The two moments of AdamW; of tables, those of rows that the data has.</summary>
    public required long OptimizerBytes { get; init; }

    /// <summary>What the largest batch keeps for the backward pass, and computes on the way, where it is most; estimated from the shapes of
    /// the training graph.</summary>
    public required long ActivationBytes { get; init; }

    /// <summary>What has the shape of the logits at that point.</summary>
    public required long LogitsBytes { get; init; }

    /// <summary>What decides what drops out.</summary>
    public required long DropoutBytes { get; init; }

    /// <summary>Of the process before anything was read.</summary>
    public required long ProcessBytes { get; init; }

    /// <summary>All of it.</summary>
    public long TotalBytes =>
        WeightBytes + FrozenBytes + GradientBytes + OptimizerBytes + ActivationBytes + LogitsBytes + DropoutBytes + ProcessBytes;

    /// <summary>That a process can have here: of the machine, or of its container.</summary>
    public required long MachineBytes { get; init; }

    /// <summary>Whether all of it is there.</summary>
    public bool Fits => TotalBytes <= MachineBytes;

    /// <summary>What takes less memory; empty where it fits.</summary>
    public IReadOnlyList<string> Advice { get; init; } = [];

    /// <summary>A step of the optimizer, measured on first steps whose weights were thrown away; null where it does not fit.</summary>
    public TimeSpan? StepTime { get; init; }

    /// <summary>Without evaluations and checkpoints.</summary>
    public TimeSpan? EpochTime => StepTime * StepsPerEpoch;

    /// <summary>Of the whole run, without evaluations and checkpoints.</summary>
    public TimeSpan? TotalTime => StepTime * Steps;

    /// <summary>What somebody should know of the model and the data.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The plan of a training whose weights are all trained, at every step.</summary>
    /// <param name="texts">That go through the model at once, the longest of them having <paramref name="longestText"/> tokens.</param>
    /// <param name="parameters">Numbers that are trained.</param>
    /// <param name="work">Of the largest batch.</param>
    /// <param name="processBytes">Of the process before anything was read.</param>
    internal static TrainingPlan Of(TrainingOptions training, int rows, int stepsPerEpoch, int texts, int longestText, long parameters,
        WorkMemory work, long processBytes) => new()
        {
            Rows = rows,
            BatchSize = training.BatchSize,
            BatchesPerEpoch = stepsPerEpoch,
            StepsPerEpoch = stepsPerEpoch,
            Steps = training.MaxSteps ?? checked((long)training.Epochs * stepsPerEpoch),
            Texts = texts,
            LongestText = longestText,
            TrainableParameters = parameters,
            FrozenParameters = 0,
            WeightBytes = parameters * sizeof(float),
            FrozenBytes = 0,
            GradientBytes = parameters * sizeof(float),
            OptimizerBytes = 2 * parameters * sizeof(float),
            ActivationBytes = work.Activations,
            LogitsBytes = work.Logits,
            DropoutBytes = work.Masks,
            ProcessBytes = processBytes,
            MachineBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        };

    /// <summary>With the time of a step where it fits, and with what takes less where it does not.</summary>
    internal TrainingPlan With(Func<TimeSpan> stepTime, IEnumerable<string> advice) =>
        Fits ? this with { StepTime = stepTime() } : this with { Advice = [.. advice] };
}
