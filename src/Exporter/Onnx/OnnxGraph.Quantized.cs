namespace XlLoraOnnx.Exporter;

/// <summary>Operators over quantised weights, all of com.microsoft.</summary>
internal sealed partial class OnnxGraph
{
    /// <summary>
    /// x · dequantised(b)ᵀ. b [out, blocks, block · bits / 8], scales [out, blocks], zero points [out, packed] or empty.
    /// </summary>
    public string MatMulNBits(string name, string output, string x, in QuantizedWeight weight, int accuracyLevel)
    {
        ReadOnlySpan<string> inputs = weight.ZeroPoints.Length > 0
            ? [x, weight.Codes, weight.Scales, weight.ZeroPoints]
            : [x, weight.Codes, weight.Scales];
        Node(name, "MatMulNBits", inputs, [output], Microsoft,
            Int("K", weight.Columns), Int("N", weight.Rows), Int("bits", weight.Bits), Int("block_size", weight.BlockSize),
            Int("accuracy_level", accuracyLevel));
        return output;
    }

    /// <summary>Rows of a quantised table [rows, columns · bits / 8], dequantised.</summary>
    public string GatherBlockQuantized(string name, string indices, in QuantizedWeight table)
    {
        ReadOnlySpan<string> inputs = table.ZeroPoints.Length > 0
            ? [table.Codes, indices, table.Scales, table.ZeroPoints]
            : [table.Codes, indices, table.Scales];
        return Node(name, "GatherBlockQuantized", inputs, Microsoft,
            Int("bits", table.Bits), Int("block_size", table.BlockSize), Int("gather_axis", 0), Int("quantize_axis", 1));
    }

    /// <summary>x · dequantised(b)ᵀ for NF4; codes and scales (absmax) are flat.</summary>
    public string MatMulNf4(string name, string output, string x, in QuantizedWeight weight)
    {
        Node(name, "MatMulBnb4", [x, weight.Codes, weight.Scales], [output], Microsoft,
            Int("K", weight.Columns), Int("N", weight.Rows), Int("block_size", weight.BlockSize), Int("quant_type", 1),
            Int("training_mode", 0));
        return output;
    }

    /// <summary>The bytes of another initializer once more, with other dimensions: nothing is stored twice.</summary>
    public string Alias(string name, string of, params ReadOnlySpan<long> dims)
    {
        Define(name);
        var original = _external.Find(t => t.Proto.Name == of)
            ?? throw new InvalidOperationException($"'{name}' cannot share the bytes of '{of}', which is no initializer in the data file.");
        var alias = new TensorProto
        {
            Name = name,
            DataType = original.Proto.DataType,
            DataLocation = TensorProto.Types.DataLocation.External,
        };
        alias.Dims.AddRange(dims.ToArray());
        if (alias.Dims.Aggregate(1L, (a, b) => a * b) != original.Proto.Dims.Aggregate(1L, (a, b) => a * b))
            throw new InvalidOperationException($"'{name}' and '{of}' cannot share bytes: they have different numbers of elements.");
        _graph.Initializer.Add(alias);
        original.Aliases.Add(alias);
        return name;
    }
}

/// <param name="Scales">Or absmax.</param>
/// <param name="ZeroPoints">Empty when symmetric.</param>
/// <param name="Rows">Features out, or words.</param>
/// <param name="Columns">Features in.</param>
internal readonly record struct QuantizedWeight(
    string Codes, string Scales, string ZeroPoints, int Rows, int Columns, int Bits, int BlockSize);
