using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary>Everything that the weights after a step depend on, as <c>name=value</c> parts.</summary>
internal static class TrainingIdentity
{
    private const int MaxShown = 24;

    /// <summary>Neither the threads nor the steps between checkpoints change a result.</summary>
    public static string Of(ITrainingTask task, TrainingOptions options, long totalSteps) => FormattableString.Invariant(
        $"{task.Fingerprint} total_steps={totalSteps} steps_per_epoch={task.StepsPerEpoch} batch_size={options.BatchSize}")
        + FormattableString.Invariant($" learning_rate={options.LearningRate} lr_scheduler_type={options.Schedule}")
        + FormattableString.Invariant($" warmup_steps={options.WarmupSteps} warmup_ratio={options.WarmupRatio}")
        + FormattableString.Invariant($" weight_decay={options.WeightDecay} max_grad_norm={options.MaxGradNorm}")
        + FormattableString.Invariant($" adam_beta1={options.AdamBeta1} adam_beta2={options.AdamBeta2} adam_epsilon={options.AdamEpsilon}")
        + FormattableString.Invariant($" seed={options.Seed} eval_steps={OrNone(options.EvalSteps)}")
        + FormattableString.Invariant($" early_stopping_patience={OrNone(options.Patience)}")
        + FormattableString.Invariant($" load_best_model_at_end={options.LoadBestModelAtEnd}");

    /// <returns>What differs, e.g. <c>base, learning_rate (was 5E-05, is 0.0001)</c>; null if nothing does.</returns>
    public static string? Difference(string was, string now)
    {
        if (was == now)
            return null;
        var (old, current) = (Parts(was), Parts(now));
        return string.Join(", ", current.Keys.Union(old.Keys)
            .Where(name => current.GetValueOrDefault(name) != old.GetValueOrDefault(name))
            .Select(name => name + Values(old.GetValueOrDefault(name, "absent"), current.GetValueOrDefault(name, "absent"))));
    }

    private static string OrNone(long? value) => value?.ToString(CultureInfo.InvariantCulture) ?? "none";

    private static Dictionary<string, string> Parts(string identity) => identity.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(part => part.Split('=', 2)).GroupBy(part => part is [var name, _] ? name : "fingerprint")
        .ToDictionary(g => g.Key, g => string.Join(' ', g.Select(part => part[^1])));

    // a hash says nothing to a reader
    private static string Values(string was, string now) =>
        was.Length > MaxShown || now.Length > MaxShown ? "" : $" (was {was}, is {now})";
}
