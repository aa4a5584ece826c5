namespace XlLoraOnnx.Training;

/// <summary>How the linear modules of a base lie in memory while an adapter is trained for it.</summary>
public enum AdapterBasePrecision
{
    /// <summary>Float32.</summary>
    Fp32,

    /// <summary>8-bit integers with a scale for each output feature, as bitsandbytes' <c>load_in_8bit</c> stores them (arXiv
    /// 2208.07339); products are in float32.</summary>
    Int8,

    /// <summary>4-bit NormalFloat in blocks of 64 whose scales are quantised once more: QLoRA (arXiv 2305.14314), as XL-LoRA
    /// trains.</summary>
    Nf4,
}
