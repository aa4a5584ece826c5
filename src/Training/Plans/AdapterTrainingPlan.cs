namespace XlLoraOnnx.Training;

/// <summary>The plan of an adapter's training.</summary>
internal static class AdapterTrainingPlan
{
    /// <param name="processBytes">Of the process before anything was read.</param>
    public static TrainingPlan Make(AdapterTaskParts parts, long processBytes, CancellationToken cancellationToken)
    {
        var (training, batches) = (parts.Training, parts.Batches);
        var batch = batches.Largest;
        var (graph, _) = AdapterGraph.Step(parts.Base.Graph, parts.GraphSettings, parts.Parameters);
        var work = WorkMemory.Of(graph, AdapterTask.Symbols(batch), "logits");
        var weights = FrozenWeights.Describe(parts.Base, parts.Options.BasePrecision);
        var plan = TrainingPlan.Of(training, parts.Examples.Items.Count, batches.StepsPerEpoch, batch.Rows, batch.Length,
            parts.Parameters.Sum(p => (long)p.Length), work, processBytes) with
        {
            BatchesPerEpoch = (parts.Examples.Items.Count + training.BatchSize - 1) / training.BatchSize,
            FrozenParameters = weights.Elements,
            FrozenBytes = weights.Bytes,
            Notices = parts.Notices,
        };
        return plan.With(() =>
        {
            using var task = new AdapterTask(parts);
            return StepTiming.Measure(task, training, plan.Steps, cancellationToken);
        }, Advice(parts));
    }

    private static IEnumerable<string> Advice(AdapterTaskParts parts)
    {
        var (size, accumulation) = (parts.Training.BatchSize, parts.Options.GradientAccumulation);
        if (size > 1)
            yield return $"--batch-size {size / 2} --gradient-accumulation {accumulation * 2}: half the rows in memory at once, and as many "
                + "of a step.";
        if (!parts.Options.Checkpointing)
            yield return "--checkpointing: layers are computed again for their gradients.";
        if (parts.Options.BasePrecision != AdapterBasePrecision.Nf4)
            yield return "--base-precision nf4 (or int8): the linear modules of the base take an eighth (or a quarter) of the memory.";
        yield return "--max-length: longer rows are cut.";
    }
}
