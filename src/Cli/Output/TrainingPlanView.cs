using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>train encoder --plan</c> and <c>train adapter --plan</c> say.</summary>
internal static class TrainingPlanView
{
    private const int LabelWidth = 12;

    /// <param name="json">One object instead of lines.</param>
    public static int Show(TrainingPlan plan, bool json)
    {
        if (json)
            JsonOutput.Write(plan);
        else
            Write(plan);
        return ExitCodes.Succeeded;
    }

    private static void Write(TrainingPlan plan)
    {
        foreach (var notice in plan.Notices)
            Line("notice", notice);
        Line("rows", $"{Quantities.Count(plan.Rows)}, in {Quantities.Count(plan.BatchesPerEpoch)} batches of up to "
            + $"{Quantities.Count(plan.BatchSize)}");
        Line("steps", $"{Quantities.Count(plan.Steps)}, {Quantities.Count(plan.StepsPerEpoch)} an epoch");
        Line("at once", $"{Quantities.Count(plan.Texts)} texts of up to {Quantities.Count(plan.LongestText)} tokens");
        Line("parameters", $"{Quantities.Count(plan.TrainableParameters)} trained, {Quantities.Count(plan.FrozenParameters)} frozen");
        Line("memory", $"about {Quantities.Bytes(plan.TotalBytes)} of {Quantities.Bytes(plan.MachineBytes)}");
        foreach (var (name, bytes) in Parts(plan).Where(p => p.Bytes > 0))
            Line("", $"{Quantities.Bytes(bytes)} {name}");
        if (plan.StepTime is { } step && plan.EpochTime is { } epoch && plan.TotalTime is { } total)
            Line("time", $"about {Quantities.Duration(total)}, {Quantities.Duration(epoch)} an epoch, {Quantities.Duration(step)} a step; "
                + "evaluations and checkpoints come on top");
        else
            Line("does not fit", "what takes less:");
        foreach (var advice in plan.Advice)
            Line("", advice);
    }

    private static IEnumerable<(string Name, long Bytes)> Parts(TrainingPlan plan)
    {
        yield return ("weights that are trained", plan.WeightBytes);
        yield return ("frozen weights", plan.FrozenBytes);
        yield return ("gradients", plan.GradientBytes);
        yield return ("moments of AdamW", plan.OptimizerBytes);
        yield return ("activations", plan.ActivationBytes);
        yield return ("logits", plan.LogitsBytes);
        yield return ("dropout", plan.DropoutBytes);
        yield return ("the process itself", plan.ProcessBytes);
    }

    private static void Line(string label, string value) => Console.Out.WriteLine($"{label.PadRight(LabelWidth)}{value}");
}
