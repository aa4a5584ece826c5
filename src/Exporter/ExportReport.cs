
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
    public EncoderReport? Encoder { get; init; }
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
    /// <summary>In the order of <see cref="ExportOptions.Adapters"/>.</summary>
    public required IReadOnlyList<AdapterReport> Adapters { get; init; }
}

/// <summary>What an adapter became.</summary>
public sealed record AdapterReport
{
    /// <summary>The name by which it is mounted.</summary>
    public required string Name { get; init; }
    /// <summary>Relative to the model folder, with '/'.</summary>
    public required string File { get; init; }
    /// <summary>Smallest rank over the modules.</summary>
    public required int MinRank { get; init; }
    /// <summary>Largest rank over the modules.</summary>
    public required int MaxRank { get; init; }
    /// <summary>The configuration's lora_alpha; alpha_pattern may give single modules another.</summary>
    public required float LoraAlpha { get; init; }
    /// <summary>Whether the scale is alpha / √r instead of alpha / r.</summary>
    public required bool UseRslora { get; init; }
    /// <summary>Linear modules that it changes.</summary>
    public required int Modules { get; init; }
    /// <summary>Elements of all its factors.</summary>
    public required long Parameters { get; init; }
    /// <summary>Every tensor of the adapter, in the order of its file.</summary>
    public required IReadOnlyList<TensorCoverage> Coverage { get; init; }
}

/// <summary>What became of one tensor.</summary>
/// <param name="Tensor">Name in the file.</param>
/// <param name="Target">Graph initializer or input, when matched.</param>
/// <param name="Reason">Why it was dropped or refused.</param>
public sealed record TensorCoverage(string Tensor, IReadOnlyList<long> Shape, CoverageStatus Status, string? Target, string? Reason)
{
    internal CoverageRow ToRow() => new(Tensor, Shape, Status.ToString().ToLowerInvariant(), Target, Reason);
}

/// <summary>What became of a tensor.</summary>
public enum CoverageStatus
{
    /// <summary>It is in the export.</summary>
    Matched,
    /// <summary>It was left out for a stated reason that does not change the text model.</summary>
    Dropped,
    /// <summary>It cannot be left out and cannot be exported.</summary>
    Refused,
}
