namespace XlLoraOnnx.Training;

/// <summary>The plan of a training for two languages.</summary>
internal static class FusionTrainingPlan
{
    /// <param name="processBytes">Of the process before anything was read.</param>
    public static TrainingPlan Make(FusionTaskParts parts, long processBytes, CancellationToken cancellationToken)
    {
        var (training, batches) = (parts.Training, parts.Batches);
        var batch = batches.Largest;
        var work = FusionTask.Memory(parts, batch);
        var steps = training.MaxSteps ?? checked((long)training.Epochs * batches.StepsPerEpoch);
        var elements = parts.Parameters.Sum(p => (long)p.Length);
        var frozen = parts.Base.Graph.ExternalTensors.Sum(t => t.Proto.Dims.Aggregate(1L, (product, dim) => product * dim));
        var plan = new TrainingPlan
        {
            Rows = parts.Examples.Items.Count,
            BatchSize = training.BatchSize,
            BatchesPerEpoch = batches.StepsPerEpoch,
            StepsPerEpoch = batches.StepsPerEpoch,
            Steps = steps,
            Texts = batch.Source is null ? batch.Rows : 2 * batch.Rows,
            LongestText = batch.Length,
            TrainableParameters = elements,
            FrozenParameters = frozen,
            WeightBytes = elements * sizeof(float),
            FrozenBytes = frozen * sizeof(float),
            GradientBytes = elements * sizeof(float),
            OptimizerBytes = 2 * elements * sizeof(float),
            ActivationBytes = work.Activations,
            LogitsBytes = work.Logits,
            DropoutBytes = work.Masks,
            ProcessBytes = processBytes,
            MachineBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Notices = parts.Notices,
        };
        if (!plan.Fits)
            return plan with { Advice = [.. Advice(parts)] };
        using var task = new FusionTask(parts);
        return plan with { StepTime = StepTiming.Measure(task, training, steps, cancellationToken) };
    }

    private static IEnumerable<string> Advice(FusionTaskParts parts)
    {
        if (!parts.Options.Checkpointing)
            yield return "--checkpointing: layers are computed again for their gradients.";
        if (parts.Training.BatchSize > 1)
            yield return $"--batch-size {parts.Training.BatchSize / 2}: fewer rows in memory at once, and in a step.";
        yield return "--max-length: longer texts are cut.";
    }
}
