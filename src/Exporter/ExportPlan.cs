namespace XlLoraOnnx.Exporter;

/// <summary>What an export would do, and whether it can.</summary>
public sealed record ExportPlan
{
    /// <summary>Model family, e.g. <c>gemma3</c>.</summary>
    public required string Family { get; init; }
    /// <summary>As config.json names it, e.g. <c>Gemma3ForCausalLM</c>.</summary>
    public required string Architecture { get; init; }
    /// <summary>Type of weights and activations, e.g. <c>fp32</c>.</summary>
    public required string Precision { get; init; }
    /// <summary>How texts become vectors; null where the model generates text.</summary>
    public EncoderFacts? Encoder { get; init; }
    /// <summary>Weights of the text model; a tied head counts once.</summary>
    public required long Parameters { get; init; }
    /// <summary>Bytes of the checkpoint that are read.</summary>
    public required long BytesIn { get; init; }
    /// <summary>Size of the model folder, its manifest aside.</summary>
    public required long BytesOut { get; init; }
    /// <summary>Bytes that the process will not exceed.</summary>
    public required long MemoryCeiling { get; init; }
    /// <summary>Bytes that must be free on the output's disk.</summary>
    public required long DiskNeeded { get; init; }
    /// <summary>Bytes that are free there; null where the system does not say.</summary>
    public required long? DiskFree { get; init; }
    /// <summary>From a measurement of less than a second; null when there are problems.</summary>
    public required TimeSpan? EstimatedTime { get; init; }
    /// <summary>Bytes of an unfinished export that this one continues.</summary>
    public required long ResumesFrom { get; init; }
    /// <summary>Why an unfinished export is begun again; null when there is none, or when it is continued.</summary>
    public required string? StartsOver { get; init; }
    /// <summary>Every reason that it cannot work; empty when it can.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
    /// <summary>What the checkpoint says and the model does not do, or has without being told; sentences, empty for nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
