namespace XlLoraOnnx.Synthesis;

/// <summary>What a run gets its answers from, and what is to be said about it.</summary>
internal sealed record RunSource
{
    public required ITextGenerator Generator { get; init; }

    /// <summary>What was loaded, and how; null where it was no model folder.</summary>
    public RecordedModel? Loaded { get; init; }

    public required string Model { get; init; }

    public required string Family { get; init; }

    public required string BaseFingerprint { get; init; }

    public required string Precision { get; init; }

    public required SamplingOptions DefaultSampling { get; init; }

    public required EngineInfo EngineInfo { get; init; }

    public string Engine => EngineInfo.Engine.ToString().ToLowerInvariant();

    /// <summary>Why this engine, for a person.</summary>
    public string EngineReason => EngineInfo.Reason;

    public required IReadOnlyList<string> Devices { get; init; }

    public required string ToolVersion { get; init; }

    /// <summary>Tokens that prompt and answer may have together.</summary>
    public int ContextLength { get; init; } = int.MaxValue;

    /// <summary>Of the prompt of a request; null for one that cannot be made.</summary>
    public Func<GenerationRequest, int?> CountTokens { get; init; } = _ => null;

    /// <summary>Of the devices that have had a row.</summary>
    public Func<IReadOnlyList<MemoryPlan>> MemoryPlans { get; init; } = () => [];

    /// <summary>Of the file of an adapter, by its name.</summary>
    public required Func<string, string> AdapterSha256 { get; init; }
}
