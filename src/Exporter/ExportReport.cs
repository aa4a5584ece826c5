
namespace XlLoraOnnx.Exporter;

/// <summary>What an export made.</summary>
public sealed record ExportReport
{
    /// <summary>The finished model folder.</summary>
    public required string Folder { get; init; }
    /// <summary>Model family, e.g. <c>gemma3</c>.</summary>
    public required string Family { get; init; }
    /// <summary>Type of weights and activations, e.g. <c>fp32</c>.</summary>
    public required string Precision { get; init; }
    /// <summary>Weights of the text model; a tied head counts once.</summary>
    public required long Parameters { get; init; }
    /// <summary>Longest prompt plus answer, in tokens.</summary>
    public required int ContextLength { get; init; }
    /// <summary>How texts become vectors; null where the model generates text.</summary>
    public EncoderFacts? Encoder { get; init; }
    /// <summary><c>sha256:</c> and hexadecimal digits, over the text model's tensors as stored.</summary>
    public required string BaseFingerprint { get; init; }
    /// <summary>Size of the folder.</summary>
    public required long BytesWritten { get; init; }
    /// <summary>Bytes of the checkpoint that were read, each counted once; less than all of them when an export was continued.</summary>
    public required long BytesRead { get; init; }
    /// <summary>Most resident memory of the process since it started, in bytes.</summary>
    public required long PeakMemory { get; init; }
    /// <summary>From the first check to the last rename.</summary>
    public required TimeSpan Elapsed { get; init; }
    /// <summary>Every tensor of the checkpoint, in its order.</summary>
    public required IReadOnlyList<TensorCoverage> Coverage { get; init; }
    /// <summary>Name → what it became, in the order of <see cref="ExportOptions.Adapters"/>.</summary>
    public required IReadOnlyDictionary<string, AdapterEntry> Adapters { get; init; }
    /// <summary>What was written to <see cref="FlareOptions.AdapterFolder"/>; null for nothing.</summary>
    public FlareAdapterReport? FlareAdapter { get; init; }
    /// <summary>What the checkpoint says and the model does not do, or has without being told; sentences, empty for nothing.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];
}
