using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Benchmarks;

/// <summary>What the linear modules of a <see cref="PlainEncoder"/> multiply by.</summary>
internal enum PlainPrecision
{
    Fp32,
    /// <summary>Everything in float16.</summary>
    Fp16,
    /// <summary>One scale for a matrix: q8 and int8 of transformers.js' conversion.</summary>
    Int8,
    /// <summary>One scale and one zero point for a matrix: its uint8.</summary>
    UInt8,
    /// <summary>A scale for each column, zero in the middle: optimum's configuration for AVX2.</summary>
    UInt8Columns,
}

/// <summary>A matrix [in, out] as integers: w ≈ (code − zero) · scale.</summary>
/// <param name="Scales">One, or one of each column.</param>
internal sealed record PlainCodes(byte[] Codes, float[] Scales, byte[] Zeros)
{
    public static PlainCodes Of(float[] values, int columns, PlainPrecision precision) => precision switch
    {
        PlainPrecision.Int8 => OfMatrix(values, TensorPrimitives.MaxMagnitude(values) is var most ? Math.Abs(most) / 127 : 0, 0, -127, 127),
        PlainPrecision.UInt8 => Asymmetric(values),
        _ => OfColumns(values, columns),
    };

    private static PlainCodes Asymmetric(float[] values)
    {
        var least = Math.Min(0, TensorPrimitives.Min(values));
        var scale = (Math.Max(0, TensorPrimitives.Max(values)) - least) / 255;
        return OfMatrix(values, scale, (int)MathF.Round(-least / scale), 0, 255);
    }

    private static PlainCodes OfMatrix(float[] values, float scale, int zero, int least, int most) =>
        new(Array.ConvertAll(values, v => Code(v, scale, zero, least, most)), [scale], [(byte)zero]);

    private static PlainCodes OfColumns(float[] values, int columns)
    {
        const int Zero = 128;
        var scales = new float[columns];
        for (var i = 0; i < values.Length; i++)
            scales[i % columns] = Math.Max(scales[i % columns], Math.Abs(values[i]) * 2 / 255);
        var codes = new byte[values.Length];
        for (var i = 0; i < codes.Length; i++)
            codes[i] = Code(values[i], scales[i % columns], Zero, 0, 255);
        var zeros = new byte[columns];
        zeros.AsSpan().Fill(Zero);
        return new PlainCodes(codes, scales, zeros);
    }

    private static byte Code(float value, float scale, int zero, int least, int most) =>
        unchecked((byte)Math.Clamp((int)MathF.Round(value / scale) + zero, least, most));
}

/// <summary>x · W + b as onnxruntime.quantization.quantize_dynamic writes it, or as it was before.</summary>
internal sealed class PlainLinear(PlainGraph graph, SafetensorsFile weights, PlainPrecision precision)
{
    private readonly Dictionary<string, (string Codes, string Scale, string Zero)> _quantized = [];

    private bool IsFloat => precision is PlainPrecision.Fp32 or PlainPrecision.Fp16;

    public string Apply(string module, string x)
    {
        var shape = weights.Tensors[module + ".weight"].Shape;
        var (rows, columns) = ((int)shape[1], (int)shape[0]);
        var values = new float[rows * columns];
        var stored = weights.ReadFloat32(module + ".weight");
        for (var column = 0; column < columns; column++)
        {
            for (var row = 0; row < rows; row++)
                values[row * columns + column] = stored[column * rows + row];
        }
        var y = IsFloat ? graph.Node("MatMul", x, Floats(module + ".weight.T", [rows, columns], values))
            : Integers(module, x, rows, columns, PlainCodes.Of(values, columns, precision));
        return graph.Node("Add", y, Weight(module + ".bias"));
    }

    /// <summary>As the checkpoint has it.</summary>
    public string Weight(string name) => Floats(name, [.. weights.Tensors[name].Shape], weights.ReadFloat32(name));

    public string Number(float value) => Floats($"number_{value}", [], [value]);

    private string Floats(string name, long[] dims, float[] values) => precision == PlainPrecision.Fp16
        ? graph.Weight(name, dims, s => s.Write(MemoryMarshal.AsBytes(Array.ConvertAll(values, v => (Half)v).AsSpan())), OnnxType.Float16)
        : graph.Weight(name, dims, s => s.Write(MemoryMarshal.AsBytes(values.AsSpan())));

    private string Integers(string module, string x, int rows, int columns, PlainCodes weight)
    {
        var type = precision == PlainPrecision.Int8 ? OnnxType.Int8 : OnnxType.UInt8;
        long[] perColumn = weight.Scales.Length == 1 ? [] : [columns];
        // what several modules read is quantised once
        if (!_quantized.TryGetValue(x, out var a))
            _quantized[x] = a = Quantize(x);
        var codes = graph.Weight(module + ".codes", [rows, columns], s => s.Write(weight.Codes), type);
        var zeros = graph.Weight(module + ".zeros", perColumn, s => s.Write(weight.Zeros), type);
        var product = graph.Node("MatMulInteger", a.Codes, codes, a.Zero, zeros);
        var scale = graph.Node("Mul", a.Scale, Floats(module + ".scales", perColumn, weight.Scales));
        return graph.Node("Mul", graph.Node(null, "Cast", null, [product], PlainGraph.Attribute("to", (long)OnnxType.Float)), scale);
    }

    private (string Codes, string Scale, string Zero) Quantize(string x)
    {
        var node = new NodeProto { Name = x + "_quantize", OpType = "DynamicQuantizeLinear" };
        node.Input.Add(x);
        node.Output.AddRange([x + "_codes", x + "_scale", x + "_zero"]);
        graph.Proto.Node.Add(node);
        return (node.Output[0], node.Output[1], node.Output[2]);
    }
}
