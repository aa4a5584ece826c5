using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>How long and how fast is trained, whatever is trained.</summary>
/// <remarks>Names and defaults are those of <c>TrainingArguments</c> of transformers, which stand in parentheses.</remarks>
public sealed record TrainingOptions
{
    /// <summary>Passes over the data (<c>num_train_epochs</c>, 3).</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>Optimizer steps, whatever <see cref="Epochs"/> says (<c>max_steps</c>, −1); null for whole epochs.</summary>
    public long? MaxSteps { get; init; }

    /// <summary>Rows of a step (<c>per_device_train_batch_size</c>, 8).</summary>
    public int BatchSize { get; init; } = 8;

    /// <summary>Highest learning rate of the run (<c>learning_rate</c>, 5e-5).</summary>
    public double LearningRate { get; init; } = 5e-5;

    /// <summary>How it changes (<c>lr_scheduler_type</c>, linear).</summary>
    public LearningRateSchedule Schedule { get; init; }

    /// <summary>Steps over which the learning rate rises from 0 (<c>warmup_steps</c>, 0).</summary>
    public long WarmupSteps { get; init; }

    /// <summary>The same as a share of all steps, 0 to 1 (<c>warmup_ratio</c>, 0).</summary>
    public double WarmupRatio { get; init; }

    /// <summary>Decoupled decay of all weights but biases and those of norms (<c>weight_decay</c>, 0).</summary>
    public double WeightDecay { get; init; }

    /// <summary>Norm that the gradient is clipped to (<c>max_grad_norm</c>, 1); 0 for no clipping.</summary>
    public double MaxGradNorm { get; init; } = 1;

    /// <summary>Share of the moving average of gradients that a step keeps (<c>adam_beta1</c>, 0.9).</summary>
    public double AdamBeta1 { get; init; } = 0.9;

    /// <summary>Share of the moving average of their squares that a step keeps (<c>adam_beta2</c>, 0.999).</summary>
    public double AdamBeta2 { get; init; } = 0.999;

    /// <summary>Added to the divisor of a step (<c>adam_epsilon</c>, 1e-8).</summary>
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <summary>Of the order of the rows and of dropout (<c>seed</c>, 42).</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Steps between two checkpoints (<c>save_steps</c>, 500); there is one at the end of every epoch, too.</summary>
    public long SaveSteps { get; init; } = 500;

    /// <summary>Steps between two evaluations (<c>eval_steps</c>); null for none but those before the first step and at the end of every
    /// epoch.</summary>
    public long? EvalSteps { get; init; }

    /// <summary>Evaluations without a better first dev score after which the run ends (<c>early_stopping_patience</c>); null: it does
    /// not.</summary>
    public int? Patience { get; init; }

    /// <summary>The weights with the best first dev score are the result, not the last ones (<c>load_best_model_at_end</c>,
    /// false).</summary>
    public bool LoadBestModelAtEnd { get; init; }

    /// <summary>0 for as many as there are cores. The result does not depend on them.</summary>
    public int Threads { get; init; }

    internal int ThreadCount => Threads > 0 ? Threads : Environment.ProcessorCount;

    /// <summary>Checks every value against its range.</summary>
    /// <exception cref="ArgumentException">Values are out of their ranges; the message names all of them.</exception>
    public void Validate()
    {
        var reasons = WhatIsWrong().ToArray();
        if (reasons.Length > 0)
            throw new ArgumentException(string.Join(" ", reasons));
    }

    private IEnumerable<string> WhatIsWrong()
    {
        foreach (var (name, value) in new (string, long?)[]
        {
            (nameof(Epochs), Epochs), (nameof(MaxSteps), MaxSteps), (nameof(BatchSize), BatchSize), (nameof(SaveSteps), SaveSteps),
            (nameof(EvalSteps), EvalSteps), (nameof(Patience), Patience),
        })
        {
            if (value < 1)
                yield return $"{name} is {value}; it must be at least 1.";
        }
        if (Threads < 0)
            yield return $"{nameof(Threads)} is {Threads}; it must be at least 1, or 0 for as many as there are cores.";
        if (WarmupSteps < 0)
            yield return $"{nameof(WarmupSteps)} is {WarmupSteps}; it must be 0 (none) or more.";
        foreach (var (name, value, isAllowed, range) in new (string, double, bool, string)[]
        {
            (nameof(LearningRate), LearningRate, LearningRate > 0, "a number above 0"),
            (nameof(WarmupRatio), WarmupRatio, WarmupRatio is >= 0 and <= 1, "0 (none) to 1"),
            (nameof(WeightDecay), WeightDecay, WeightDecay >= 0, "0 (none) or more"),
            (nameof(MaxGradNorm), MaxGradNorm, MaxGradNorm >= 0, "0 (no clipping) or more"),
            (nameof(AdamBeta1), AdamBeta1, AdamBeta1 is >= 0 and < 1, "at least 0 and below 1"),
            (nameof(AdamBeta2), AdamBeta2, AdamBeta2 is >= 0 and < 1, "at least 0 and below 1"),
            (nameof(AdamEpsilon), AdamEpsilon, (float)AdamEpsilon > 0, "a number above 0"),
        })
        {
            if (!isAllowed || !double.IsFinite(value))
                yield return $"{name} is {value.ToString(CultureInfo.InvariantCulture)}; it must be {range}.";
        }
        if (!Enum.IsDefined(Schedule))
            yield return $"{nameof(Schedule)} is {Schedule}; it must be one of {string.Join(", ", Enum.GetNames<LearningRateSchedule>())}.";
        if (Schedule == LearningRateSchedule.Constant && (WarmupSteps > 0 || WarmupRatio > 0))
            yield return $"{nameof(Schedule)} is {Schedule}, which has no warm-up (transformers passes over it in silence): leave "
                + $"the warm-up out, or choose {LearningRateSchedule.ConstantWithWarmup}.";
    }
}
