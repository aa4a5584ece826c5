namespace XlLoraOnnx.Runtime;

/// <summary>What a <see cref="SynthesisJob"/> did.</summary>
public sealed record SynthesisReport
{
    /// <summary>The file of triplets.</summary>
    public required string Output { get; init; }

    /// <summary>Anchors read.</summary>
    public required long Rows { get; init; }

    /// <summary>Triplets written.</summary>
    public required long Triplets { get; init; }

    /// <summary>Rows rejected, by reason.</summary>
    public required IReadOnlyDictionary<RejectionReason, long> Rejected { get; init; }

    /// <summary>The first few rejected rows, with what was wrong.</summary>
    public required IReadOnlyList<SynthesisResult> RejectedRows { get; init; }

    /// <summary>Up to ten triplets from all over the input.</summary>
    public required IReadOnlyList<SynthesisResult> Examples { get; init; }

    /// <summary>Wall-clock time, from the first anchor to the last answer.</summary>
    public required TimeSpan Elapsed { get; init; }

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
