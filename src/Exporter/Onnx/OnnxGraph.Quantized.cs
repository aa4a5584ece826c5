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

    /// <summary>
    /// Every token, the last axis, in 8 bits by its own largest number, so that it does not depend on the tokens beside it. Unsigned, since
    /// signed ones take ONNX Runtime's slow kernel (findings/ort-signed-activations.sh). A token of zeros is divided by zero and gets any
    /// codes, which are multiplied by 0 afterwards.
    /// </summary>
    /// <param name="prefix">Of the nodes.</param>
    /// <param name="codes">That the numbers of x make good use of.</param>
    /// <param name="axis">The last one; to be counted from the first where there may be no tokens at all: of an empty x, ONNX Runtime
    /// 1.31.1 does not find an axis that is counted from the last (ReduceMax of [0, 16] over −1 gives [0, 16]).</param>
    public QuantizedTokens QuantizeTokens(string prefix, string x, TokenCodes codes, long axis = -1)
    {
        var sizes = codes.Magnitudes(this, prefix, x);
        var peaks = Node(prefix + "/ReduceMax", "ReduceMax", [sizes, Constant([axis])], "", Int("keepdims", 1));
        var parts = Div(prefix + "/Div", x, peaks);                                              // to 1
        var coded = Node(prefix + "/QuantizeLinear", "QuantizeLinear", [parts, Constant(codes.Step), Constant(codes.ZeroPoint)]);
        return new QuantizedTokens(coded, peaks, codes);
    }

    /// <summary>x · weight, of 8-bit integers. The scales of tokens are no scalar, which is all that the operator takes; they
    /// follow.</summary>
    /// <param name="weight">int8 [in, out]</param>
    /// <param name="scales">[out], with the step of the tokens in them.</param>
    public string MatMulInteger(string name, string output, QuantizedTokens x, string weight, string scales)
    {
        var product = Node(name, "MatMulIntegerToFloat",
            [x.Codes, weight, Constant(1f), scales, Constant(x.Kind.ZeroPoint)], Microsoft);
        Mul(name + "/Mul", output, product, x.Peaks);
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

/// <param name="Codes">uint8 [batch, seq, in]</param>
/// <param name="Peaks">What each token is divided by, [batch, seq, 1].</param>
internal sealed record QuantizedTokens(string Codes, string Peaks, TokenCodes Kind);

/// <param name="Scales">Or absmax.</param>
/// <param name="ZeroPoints">Empty when symmetric.</param>
/// <param name="Rows">Features out, or words.</param>
/// <param name="Columns">Features in.</param>
internal readonly record struct QuantizedWeight(
    string Codes, string Scales, string ZeroPoints, int Rows, int Columns, int Bits, int BlockSize);
