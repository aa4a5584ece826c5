namespace XlLoraOnnx.Formats;

/// <summary>One tensor of a file, as safetensors describes it, whatever the format of the file is.</summary>
/// <param name="DType">As safetensors spells it: F32, BF16, I64, …</param>
/// <param name="Offset">Of the first byte, from the start of the file.</param>
public sealed record SafetensorsTensor(string Name, string DType, IReadOnlyList<long> Shape, long Offset, long Bytes)
{
    public long ElementCount { get; } = Shape.Aggregate(1L, (product, dim) => product * dim);

    public string ShapeText => "[" + string.Join(", ", Shape) + "]";

    /// <summary>Bytes per element; null for a type that this reader does not know (its bounds are checked all the same).</summary>
    public static int? ElementBytes(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" or "C64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "I8" or "U8" or "BOOL" or "F8_E4M3" or "F8_E5M2" or "F8_E8M0" => 1,
        _ => null,
    };
}
