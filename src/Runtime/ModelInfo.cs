
namespace XlLoraOnnx.Runtime;

/// <summary>What a model folder is, as its manifest <c>xllora.json</c> says; reading it loads no weights.</summary>
public sealed record ModelInfo
{
    /// <summary>Full path of the model folder.</summary>
    public required string Folder { get; init; }

    /// <summary>Exporter family, e.g. <c>gemma3</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Hugging Face architecture of the checkpoint.</summary>
    public required string Architecture { get; init; }

    /// <summary>Number format of weights and activations, e.g. <c>fp32</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>SHA-256 over the tensors of the checkpoint; adapters are bound to it.</summary>
    public required string BaseFingerprint { get; init; }

    /// <summary>Version of the exporter that wrote the folder.</summary>
    public required string ToolVersion { get; init; }

    /// <summary>Weights of the base model.</summary>
    public required long Parameters { get; init; }

    /// <summary>Transformer layers.</summary>
    public required int Layers { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Tokens in the vocabulary.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Longest prompt plus answer, in tokens.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Keys that local attention layers see; null where all layers are global.</summary>
    public required int? SlidingWindow { get; init; }

    /// <summary>Linear modules that take an adapter.</summary>
    public required int LoraSlots { get; init; }

    /// <summary>How it turns texts into vectors; null where it generates text.</summary>
    public EncoderFacts? Encoder { get; init; }

    /// <summary>Files of the folder with their sizes in bytes, adapters not included.</summary>
    public required IReadOnlyDictionary<string, long> Files { get; init; }

    /// <summary>What became of each tensor of the checkpoint.</summary>
    public required IReadOnlyList<TensorCoverage> Coverage { get; init; }

    /// <summary>Name → adapter, in the order of their export.</summary>
    public required IReadOnlyDictionary<string, AdapterEntry> Adapters { get; init; }

    /// <summary>Whether a path is a folder with a manifest.</summary>
    public static bool IsModelFolder(string path) => File.Exists(Path.Combine(path, ModelManifest.FileName));

    /// <summary>Reads the manifest of a model folder.</summary>
    /// <inheritdoc cref="XlLoraModel.Load" path="/exception"/>
    public static ModelInfo Read(string folder) => From(Path.GetFullPath(folder), ModelManifest.Read(folder));

    internal static ModelInfo From(string folder, ModelManifest manifest) => new()
    {
        Folder = folder,
        Family = manifest.Family,
        Architecture = manifest.Architecture,
        Precision = manifest.Precision,
        BaseFingerprint = manifest.BaseFingerprint,
        ToolVersion = manifest.ToolVersion,
        Parameters = manifest.Dimensions.Parameters,
        Layers = manifest.Dimensions.NumHiddenLayers,
        HiddenSize = manifest.Dimensions.HiddenSize,
        VocabSize = manifest.Dimensions.VocabSize,
        ContextLength = manifest.Dimensions.ContextLength,
        SlidingWindow = manifest.Dimensions.SlidingWindow,
        LoraSlots = manifest.LoraSlots.Count,
        Encoder = manifest.Encoder,
        Files = manifest.Files.ToDictionary(f => f.Path, f => f.Bytes),
        Coverage = manifest.Coverage,
        Adapters = manifest.Adapters,
    };
}
