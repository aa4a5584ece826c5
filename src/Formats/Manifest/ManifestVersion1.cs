using System.Text.Json.Serialization;

namespace XlLoraOnnx.Formats;

/// <summary>
/// What manifests of schema_version 1 have elsewhere: what a decoder promises stood beside what every folder has, kinds were told apart by
/// what was missing, and caches followed from the dimensions.
/// </summary>
internal sealed record ManifestVersion1
{
    public const int SchemaVersion = 1;
    // the exporters that wrote the version refused more
    private const int MaxLayers = 1024;

    public required Version1Dimensions Dimensions { get; init; }
    public EmbeddingScale? EmbeddingScale { get; init; }
    public TokenFacts? Tokens { get; init; }
    public SamplingFacts? Sampling { get; init; }

    /// <param name="manifest">What the current version reads of the same file.</param>
    /// <param name="path">Of the file.</param>
    public ModelManifest Convert(ModelManifest manifest, string path) => manifest with
    {
        SchemaVersion = ModelManifest.CurrentSchemaVersion,
        Encoder = manifest.Encoder is null ? null : manifest.Encoder with { Tokens = Tokens, EmbeddingScale = EmbeddingScale },
        Decoder = manifest.Encoder is null ? Decoder(path) : null,
        // a window that no layer has is none
        Dimensions = Dimensions.SlidingWindowLayers is { Count: 0 }
            ? manifest.Dimensions with { SlidingWindow = null }
            : manifest.Dimensions,
    };

    private DecoderFacts Decoder(string path)
    {
        if (Tokens is null || Sampling is null || EmbeddingScale is null)
            throw new InvalidDataException(
                $"'{path}' is no encoder's and lacks tokens, sampling or embedding_scale. Export the model again.");
        if (Dimensions.NumHiddenLayers is < 1 or > MaxLayers)
            throw new InvalidDataException(
                $"'{path}' has num_hidden_layers {Dimensions.NumHiddenLayers}; expected 1 to {MaxLayers}. Export the model again.");
        HashSet<int> local = [.. Dimensions.SlidingWindowLayers ?? []];
        return new DecoderFacts
        {
            Tokens = Tokens,
            Sampling = Sampling,
            EmbeddingScale = EmbeddingScale,
            Caches = [.. Enumerable.Range(0, Dimensions.NumHiddenLayers).Select(layer => CacheEntry.OfSelfAttention(
                layer, Dimensions.NumKeyValueHeads, Dimensions.HeadDim, local.Contains(layer) ? Dimensions.SlidingWindow : null))],
        };
    }
}

/// <summary>Those that say what the caches are.</summary>
internal sealed record Version1Dimensions
{
    public required int NumHiddenLayers { get; init; }
    public required int NumKeyValueHeads { get; init; }
    public required int HeadDim { get; init; }
    public int? SlidingWindow { get; init; }
    /// <summary>Layers that attend to the window alone; absent for a family without one, and in folders of still older exports.</summary>
    public IReadOnlyList<int>? SlidingWindowLayers { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(ManifestVersion1))]
internal sealed partial class ManifestVersion1Json : JsonSerializerContext;
