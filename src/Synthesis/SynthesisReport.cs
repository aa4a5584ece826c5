namespace XlLoraOnnx.Synthesis;

/// <summary>What a <see cref="SynthesisJob"/> did.</summary>
public sealed record SynthesisReport
{
    /// <summary>Full path of the run folder; empty where the run has none.</summary>
    public required string Folder { get; init; }

    /// <summary>The file of triplets; empty where the run has no folder.</summary>
    public required string Output { get; init; }

    /// <summary>Whether all rows of the run are decided and the outputs are there; otherwise other processes still work on it.</summary>
    public required bool IsComplete { get; init; }

    /// <summary>Rows of the run: anchors times samples.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that this process decided.</summary>
    public required long OwnRows { get; init; }

    /// <summary>Triplets written; 0 before the run is complete.</summary>
    public required long Triplets { get; init; }

    /// <summary>Rows rejected, by reason.</summary>
    public required IReadOnlyDictionary<RejectionReason, long> Rejected { get; init; }

    /// <summary>How often this process opened all shards again, because a finished one had a row without its answers: lost where they
    /// are kept, or not to be seen yet. They were made again.</summary>
    public int Reopened { get; init; }

    /// <summary>Rows that the generator failed on for good.</summary>
    public long Quarantined => Rejected.GetValueOrDefault(RejectionReason.Failed);

    /// <summary>The first few rejected rows, with what was wrong.</summary>
    public required IReadOnlyList<SynthesisResult> RejectedRows { get; init; }

    /// <summary>Up to ten triplets from all over the input.</summary>
    public required IReadOnlyList<SynthesisResult> Examples { get; init; }

    /// <summary>Of a run without a folder every row, in the order of the input; otherwise empty, since they are in its files.</summary>
    public IReadOnlyList<SynthesisResult> Results { get; init; } = [];

    /// <summary>Wall-clock time of this process.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Time of it spent on writing the outputs.</summary>
    public required TimeSpan WritingTime { get; init; }

    /// <summary>What ran the model, and why.</summary>
    public required EngineInfo Engine { get; init; }

    /// <summary>What each device needed beside the weights, as it was planned; empty on ONNX Runtime GenAI.</summary>
    public required IReadOnlyList<MemoryPlan> MemoryPlans { get; init; }

    /// <summary>What the generator counted during the job.</summary>
    public required GenerationStatistics Statistics { get; init; }

    /// <summary>How many triplets are right; null where there is no ground truth.</summary>
    public required GroundTruthReport? Truth { get; init; }

    /// <summary>Generated tokens per second of wall-clock time.</summary>
    public double TokensPerSecond => Elapsed > TimeSpan.Zero ? Statistics.GeneratedTokens / Elapsed.TotalSeconds : 0;
}
