namespace XlLoraOnnx.Training;

/// <summary>The plan of an encoder's training.</summary>
internal static class EncoderTrainingPlan
{
    private const string OfLanguageModel =
        "The memory of the masked-language-model loss is not part of the estimate; its time is.";

    /// <param name="processBytes">Of the process before anything was read.</param>
    public static TrainingPlan Make(EncoderTaskParts parts, EncoderTask task, long processBytes, CancellationToken cancellationToken)
    {
        var (training, batches) = (parts.Training, parts.Batches);
        var batch = batches.Largest;
        var words = batches.DistinctTokens;
        var plan = TrainingPlan.Of(training, batches.Data.Rows, batches.StepsPerEpoch,
            Math.Min(parts.Options.ChunkSize ?? batch.Count, batch.Count), batch.Length, task.Parameters.Sum(p => (long)p.Length),
            task.Memory(batch), processBytes) with
        {
            GradientBytes = sizeof(float) * task.Parameters.Sum(p => Rows(p, Math.Min(words, batch.InputIds.Length))),
            OptimizerBytes = 2 * sizeof(float) * task.Parameters.Sum(p => Rows(p, words)),
            Notices = [.. parts.Notices, .. parts.LanguageModel is null ? (string[])[] : [OfLanguageModel]],
        };
        return plan.With(() => StepTiming.Measure(task, training, plan.Steps, cancellationToken), Advice(parts, batch.Count));
    }

    private static long Rows(Parameter parameter, long touched) =>
        parameter.IsTable ? Math.Min(parameter.Length, touched * parameter.Width) : parameter.Length;

    private static IEnumerable<string> Advice(EncoderTaskParts parts, int texts)
    {
        var chunk = Math.Min(parts.Options.ChunkSize ?? texts, texts);
        if (chunk > 1)
            yield return $"--chunk-size {chunk / 2}: so many texts in memory at once instead of {chunk}, and the same gradients.";
        if (!parts.Options.Checkpointing)
            yield return "--checkpointing: layers are computed again for their gradients.";
        if (parts.Training.BatchSize > 1)
            yield return $"--batch-size {parts.Training.BatchSize / 2}: instead of {parts.Training.BatchSize}; the contrast is over fewer "
                + "rows.";
    }
}
