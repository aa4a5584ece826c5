namespace XlLoraOnnx.Exporter;

/// <summary>Type of weights and activations. LoRA factors are never quantised: they have the type of the activations.</summary>
public enum ExportPrecision
{
    /// <summary>float32 throughout; for CPU.</summary>
    Fp32,
    /// <summary>float16 throughout; for CUDA, Llama only: the activations of Gemma leave its range.</summary>
    Fp16,
    /// <summary>bfloat16; for CUDA. Gemma keeps its residual stream and its norms in float32.</summary>
    Bf16,
    /// <summary>
    /// Products of 8-bit integers: weights with a scale for each feature out, activations with one for each token. For CPU; the fastest for
    /// many rows at a time.
    /// </summary>
    Int8,
    /// <summary>Weights in blocks of 8-bit integers, activations of floating-point numbers.</summary>
    Int8W,
    /// <summary>Weights in blocks of 4-bit integers.</summary>
    Int4,
    /// <summary>Weights in blocks of 4-bit normal floats (QLoRA, arXiv 2305.14314).</summary>
    Nf4,
}

internal static class ExportPrecisions
{
    /// <summary>As the manifest and the command line spell it.</summary>
    public static string Name(this ExportPrecision precision) => precision.ToString().ToLowerInvariant();

    /// <summary>Type of activations, caches and LoRA factors.</summary>
    public static OnnxType ActivationType(this ExportPrecision precision) => precision switch
    {
        ExportPrecision.Fp16 => OnnxType.Float16,
        ExportPrecision.Bf16 => OnnxType.BFloat16,
        _ => OnnxType.Float,
    };

    /// <summary>As the manifest spells the type of LoRA factors.</summary>
    public static string LoraDType(OnnxType type) => type switch
    {
        OnnxType.Float16 => "fp16",
        OnnxType.BFloat16 => "bf16",
        _ => "fp32",
    };

    /// <exception cref="InvalidDataException">It is none of them.</exception>
    public static OnnxType ParseLoraDType(string name, string modelFolder) => name switch
    {
        "fp32" => OnnxType.Float,
        "fp16" => OnnxType.Float16,
        "bf16" => OnnxType.BFloat16,
        _ => throw new InvalidDataException(
            $"The manifest of '{modelFolder}' has lora_dtype '{name}'; fp32, fp16 and bf16 are known. Export the model again."),
    };
}
