namespace XlLoraOnnx.Training;

/// <summary>The plan of a training for two languages.</summary>
internal static class FusionTrainingPlan
{
    /// <param name="processBytes">Of the process before anything was read.</param>
    public static TrainingPlan Make(FusionTaskParts parts, long processBytes, CancellationToken cancellationToken)
    {
        var (training, batches) = (parts.Training, parts.Batches);
        var batch = batches.Largest;
        var frozen = parts.Base.Graph.ExternalTensors.Sum(t => t.Proto.Dims.Aggregate(1L, (product, dim) => product * dim));
        var plan = TrainingPlan.Of(training, parts.Examples.Items.Count, batches.StepsPerEpoch,
            batch.Source is null ? batch.Rows : 2 * batch.Rows, batch.Length, parts.Parameters.Sum(p => (long)p.Length),
            FusionTask.Memory(parts, batch), processBytes) with
        {
            FrozenParameters = frozen,
            FrozenBytes = frozen * sizeof(float),
            Notices = parts.Notices,
        };
        return plan.With(() =>
        {
            using var task = new FusionTask(parts);
            return StepTiming.Measure(task, training, plan.Steps, cancellationToken);
        }, Advice(parts));
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
