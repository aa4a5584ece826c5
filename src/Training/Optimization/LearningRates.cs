namespace XlLoraOnnx.Training;

/// <summary>The learning rate of every step, as transformers/optimization.py computes it.</summary>
/// <param name="totalSteps">Of the run.</param>
internal sealed class LearningRates(TrainingOptions options, long totalSteps)
{
    /// <summary><c>TrainingArguments.get_warmup_steps</c>: a number of steps goes before a share.</summary>
    public long WarmupSteps { get; } =
        options.WarmupSteps > 0 ? options.WarmupSteps : (long)Math.Ceiling(totalSteps * options.WarmupRatio);

    /// <param name="step">From 0.</param>
    public double At(long step) => options.LearningRate * Share(step);

    private double Share(long step) => options.Schedule switch
    {
        LearningRateSchedule.Constant => 1,
        _ when step < WarmupSteps => step / (double)Math.Max(1, WarmupSteps),
        LearningRateSchedule.ConstantWithWarmup => 1,
        LearningRateSchedule.Linear => Math.Max(0, (totalSteps - step) / (double)Math.Max(1, totalSteps - WarmupSteps)),
        _ => throw new ArgumentOutOfRangeException(nameof(step), options.Schedule, "There is no such schedule."),
    };
}
