namespace XlLoraOnnx.Training;

/// <summary>What came of the training of an adapter.</summary>
public sealed record AdapterTrainingReport : TrainingReport
{
    internal AdapterTrainingReport(AdapterTaskParts parts, TrainingResult result, string folder)
        : base(folder, parts.Examples.Data.Rows, parts.Batches.StepsPerEpoch, result, parts.Notices)
    {
        Examples = parts.Examples.Items.Count;
        Modules = parts.Parameters.Count / 2;
        Parameters = parts.Parameters.Sum(p => (long)p.Length);
        BasePrecision = parts.Options.BasePrecision;
    }

    /// <summary>Of the rows, those that were learned.</summary>
    public int Examples { get; }

    /// <summary>Linear modules that have factors.</summary>
    public int Modules { get; }

    /// <summary>Numbers that were trained.</summary>
    public long Parameters { get; }

    /// <summary>How the linear modules of the base lay in memory.</summary>
    public AdapterBasePrecision BasePrecision { get; }
}
