namespace XlLoraOnnx.Synthesis;

/// <summary>How far a <see cref="SynthesisJob"/> is.</summary>
public sealed record SynthesisProgress
{
    /// <summary>What the job is doing.</summary>
    public required SynthesisStage Stage { get; init; }

    /// <summary>Rows that are decided, those of earlier and of other processes included as far as this one has seen them.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows of the run: anchors times samples.</summary>
    public required long TotalRows { get; init; }

    /// <summary>Rows that this process has decided.</summary>
    public required long OwnRows { get; init; }

    /// <summary>Those of them that are triplets.</summary>
    public required long Triplets { get; init; }

    /// <summary>Since this process began.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Rows of this process per second.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>Generated tokens per second of this process.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Share of prompt tokens that were no padding, 0 to 1.</summary>
    public required double UsefulTokenShare { get; init; }

    /// <summary>Share of the positives that passed the filters, 0 to 1; null before the first.</summary>
    public required double? PositiveAcceptRate { get; init; }

    /// <summary>Share of the hard negatives that passed the filters, 0 to 1; null before the first.</summary>
    public required double? NegativeAcceptRate { get; init; }

    /// <summary>At the rate so far, if nobody else takes rows; null while there is no rate.</summary>
    public required TimeSpan? TimeLeft { get; init; }

    /// <summary>What each device does, where there are several.</summary>
    public IReadOnlyList<DeviceStatistics> Devices { get; init; } = [];
}

/// <summary>What a <see cref="SynthesisJob"/> is doing.</summary>
public enum SynthesisStage
{
    /// <summary>Rows are generated.</summary>
    Generating,

    /// <summary>No new rows; those that run are waited for.</summary>
    Finishing,

    /// <summary>Another process has the rows that are left.</summary>
    Waiting,

    /// <summary>All rows are decided; the outputs are written.</summary>
    Writing,
}
