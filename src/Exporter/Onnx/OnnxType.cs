namespace XlLoraOnnx.Exporter;

/// <summary>Element types with ONNX's own numbers (TensorProto.DataType).</summary>
internal enum OnnxType
{
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
    Float16 = 10,
    BFloat16 = 16,
}

internal static class OnnxTypes
{
    public static int Bytes(this OnnxType type) => type switch
    {
        OnnxType.Float or OnnxType.Int32 => 4,
        OnnxType.Int64 => 8,
        OnnxType.UInt8 or OnnxType.Int8 or OnnxType.Bool => 1,
        _ => 2,
    };
}

/// <summary>A dimension: a number, or a symbol that is bound when the model runs.</summary>
internal readonly record struct Dim(long Value, string? Symbol)
{
    public static implicit operator Dim(long value) => new(value, null);

    public static implicit operator Dim(string symbol) => new(0, symbol);

    public override string ToString() => Symbol ?? Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
