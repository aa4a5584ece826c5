using System.IO.Enumeration;

namespace XlLoraOnnx.Runtime;

/// <summary>What the weights of a decoder cost: bytes that a step reads, and operations for a token. Adapters, norms and what attention
/// computes of keys and values are not counted, so that it is the least.</summary>
internal sealed record DecoderWork
{
    /// <summary>Of all linear modules and the head, in bytes.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Multiplications and additions of the linear modules for one token.</summary>
    public required long LayerOperations { get; init; }

    /// <summary>Those of the head for one token.</summary>
    public required long HeadOperations { get; init; }

    /// <summary>Keys and values of one position, in bytes.</summary>
    public required long PositionBytes { get; init; }

    /// <summary>Positions that every layer sees; null for all.</summary>
    public required int? Window { get; init; }

    /// <summary>Whether products are computed of integers, in all modules or in some.</summary>
    public required bool HasIntegers { get; init; }

    public static DecoderWork Of(ModelManifest manifest)
    {
        var d = manifest.Dimensions;
        string[] head = manifest.Coverage.Any(c => c is { Tensor: "lm_head.weight", Status: CoverageStatus.Matched })
            ? ["lm_head"] : ["embed_tokens", "lm_head"];
        return new DecoderWork
        {
            WeightBytes = (long)(manifest.LoraSlots.Sum(s => Bytes(manifest, s.InFeatures, s.OutFeatures, WithoutModel(s.Name)))
                + Bytes(manifest, d.HiddenSize, d.VocabSize, head)),
            LayerOperations = 2 * manifest.LoraSlots.Sum(s => (long)s.InFeatures * s.OutFeatures),
            HeadOperations = 2L * d.VocabSize * d.HiddenSize,
            PositionBytes = 2L * d.NumHiddenLayers * d.NumKeyValueHeads * d.HeadDim * (manifest.LoraDtype == "fp32" ? 4 : 2),
            Window = d.SlidingWindow,
            HasIntegers = manifest.Quantization is { } q && (q.ActivationBits is not null || q.AccuracyLevel == 4),
        };
    }

    /// <summary>Codes and scales of one module.</summary>
    /// <param name="names">All that it goes by: the head may be the embedding too.</param>
    private static double Bytes(ModelManifest manifest, int inFeatures, int outFeatures, params string[] names)
    {
        var elements = (double)inFeatures * outFeatures;
        var block = manifest.Quantization?.BlockSize ?? 1;
        return Format(manifest, names) switch
        {
            "int4" or "nf4" => elements / 2 + elements / block * sizeof(float),
            "int8w" => elements + elements / block * sizeof(float),
            "int8" => elements + (double)outFeatures * sizeof(float),
            "fp16" or "bf16" => elements * 2,
            _ => elements * (manifest.LoraDtype == "fp32" ? 4 : 2),
        };
    }

    /// <summary>As the exporter chose it: the precision, unless an override names the module; the last one holds. NF4 leaves the head as it
    /// is.</summary>
    private static string Format(ModelManifest manifest, string[] names)
    {
        var format = manifest.Precision == "nf4" && names.Contains("lm_head") ? "fp32" : manifest.Precision;
        foreach (var rule in manifest.Quantization?.Overrides ?? [])
        {
            var end = rule.LastIndexOf('=');
            if (end > 0 && names.Any(n => FileSystemName.MatchesSimpleExpression(rule.AsSpan(0, end), n, ignoreCase: false)))
                format = rule[(end + 1)..];
        }
        return format;
    }

    private static string WithoutModel(string name) =>
        name.StartsWith("model.", StringComparison.Ordinal) ? name["model.".Length..] : name;
}
