namespace XlLoraOnnx.Training;

/// <summary>What came of the training of an adapter for two languages.</summary>
public sealed record FusionTrainingReport : TrainingReport
{
    internal FusionTrainingReport(FusionTaskParts parts, TrainingResult result, string folder)
        : base(folder, parts.Examples.Items.Count, parts.Batches.StepsPerEpoch, result, parts.Notices)
    {
        Modules = parts.Base.Slots.Count;
        Parameters = parts.Parameters.Sum(p => (long)p.Length);
    }

    /// <summary>Linear modules that have factors.</summary>
    public int Modules { get; }

    /// <summary>Numbers that were trained, those of the head among them.</summary>
    public long Parameters { get; }
}
