namespace XlLoraOnnx.Synthesis;

/// <summary>What a run is, for those who only look at how far it is.</summary>
public sealed record SharedRun
{
    /// <summary>Id of the run.</summary>
    public required string RunId { get; init; }

    /// <summary>Anchors or texts, those that come again among them.</summary>
    public required long Anchors { get; init; }

    /// <summary>Rows that are decided in the end: anchors times samples, texts times languages.</summary>
    public required long Rows { get; init; }

    /// <summary>Consecutive anchors of a shard.</summary>
    public required int ShardRows { get; init; }

    /// <summary>Rows that are made of an anchor.</summary>
    public required int Samples { get; init; }

    /// <summary>Sentences that a row needs.</summary>
    public required IReadOnlyList<SynthesisSide> Sides { get; init; }

    /// <summary>After which a sentence that was rejected stays so.</summary>
    public required int MaxAttempts { get; init; }

    /// <summary>Whether the outputs are written.</summary>
    public required bool HasOutputs { get; init; }

    internal static SharedRun Of(RunManifest manifest, SynthesisJobOptions job, bool hasOutputs) => new()
    {
        RunId = manifest.RunId,
        Anchors = manifest.Input.Rows,
        Rows = manifest.Input.RowsOf(job),
        ShardRows = manifest.ShardRows,
        Samples = job.Synthesis.Samples,
        Sides = job.Synthesis.Only is { } only ? [only] : TripletColumns.Sides,
        MaxAttempts = job.Synthesis.MaxAttempts,
        HasOutputs = hasOutputs,
    };
}
