namespace XlLoraOnnx.Exporter;

/// <summary>The product x Wᵀ of a linear module in the format that its weight is stored in; LoRA branches know nothing of it.</summary>
/// <param name="type">Of the product, and of a weight that is not quantised.</param>
internal sealed class LinearWeights(OnnxGraph graph, TextWeights weights, WeightFormats formats, OnnxType type)
{
    private readonly Dictionary<string, QuantizedTokens> _tokens = [];

    /// <param name="node">Node prefix, e.g. <c>/model/layers.0/attn/q_proj</c>.</param>
    /// <param name="module">Module of the checkpoint, e.g. <c>model.layers.0.self_attn.q_proj</c>.</param>
    /// <param name="output">The product's name; null for the usual one.</param>
    /// <param name="lastAxis">Of x; counted from the first where x may be empty.</param>
    /// <returns>[batch, seq, out]</returns>
    public string Multiply(
        string node, string module, string x, int inFeatures, int outFeatures, string? output = null, long lastAxis = -1)
    {
        var initializer = node[1..].Replace('/', '.') + ".MatMul.weight";
        var format = module == WeightFormats.Head ? formats.Table(WeightFormats.Head) : formats.Linear(module);
        switch (format)
        {
            case ExportPrecision.Int8:
                return MultiplyIntegers(node, module, x, inFeatures, outFeatures, output, lastAxis);
            case ExportPrecision.Int8W or ExportPrecision.Int4:
                var blocks = AddBlocks(graph, weights, formats.Blocks(format), module, initializer, outFeatures, inFeatures);
                var name = $"{node}/MatMul_Q{blocks.Bits}";
                return graph.MatMulNBits(name, output ?? name + "/output_0", x, blocks, formats.AccuracyLevel);
            case ExportPrecision.Nf4:
                return MultiplyNf4(node + "/MatMul_NF4", module, initializer, x, inFeatures, outFeatures, output);
            default:
                var weight = graph.Initializer(initializer, type, [inFeatures, outFeatures],
                    weights.TakeTransposed(module + ".weight", initializer, [outFeatures, inFeatures]).To(type, module));
                return graph.MatMul(node + "/MatMul", output ?? node + "/MatMul/output_0", x, weight);
        }
    }

    /// <summary>The product where both sides have 8 bits. What several modules read, as queries, keys and values do, is quantised
    /// once.</summary>
    /// <param name="lastAxis">Of x; counted from the first where x may be empty.</param>
    public string MultiplyIntegers(
        string node, string module, string x, int inFeatures, int outFeatures, string? output, long lastAxis)
    {
        var (name, initializer) = (node + "/MatMul_I8", node[1..].Replace('/', '.') + ".MatMul.weight");
        var (codes, scales) = (initializer + "_I8", initializer + "_channel_scales");
        var quantizer = new ChannelQuantizer(weights.TakeRows(module + ".weight", [codes], [outFeatures, inFeatures]));
        if (!_tokens.TryGetValue(x, out var tokens))
            _tokens.Add(x, tokens = graph.QuantizeTokens(node + "/input", x, TokenCodes.After(graph.OperatorOf(x)), lastAxis));
        graph.Initializer(codes, OnnxType.Int8, [inFeatures, outFeatures], quantizer.Codes());
        graph.Initializer(scales, OnnxType.Float, [outFeatures], quantizer.Scales(tokens.Kind.Step));
        return graph.MatMulInteger(name, output ?? name + "/Mul/output_0", tokens, codes, scales);
    }

    /// <param name="flat">A row of codes has one dimension, for GatherBlockQuantized; else [blocks, bytes], for MatMulNBits.</param>
    public static QuantizedWeight AddBlocks(OnnxGraph graph, TextWeights weights, BlockQuantizer quantizer,
        string module, string initializer, int rows, int columns, bool flat = false)
    {
        var (codes, scales, zeroPoints) = ($"{initializer}_Q{quantizer.Bits}", initializer + "_scales", initializer + "_zero_points");
        var (blocks, codeBytes) = (quantizer.Blocks(columns), quantizer.CodeBytes(columns));
        var tensor = weights.TakeRows(module + ".weight", [codes], [rows, columns]);
        ReadOnlySpan<long> dims = flat ? [rows, codeBytes] : [rows, blocks, codeBytes / blocks];
        graph.Initializer(codes, OnnxType.UInt8, dims, QuantizedRows.Codes(tensor, quantizer));
        graph.Initializer(scales, OnnxType.Float, [rows, blocks], QuantizedRows.Scales(tensor, quantizer));
        if (quantizer.Symmetric)
            zeroPoints = "";
        else
            graph.Initializer(zeroPoints, OnnxType.UInt8, [rows, quantizer.ZeroPointBytes(columns)],
                QuantizedRows.ZeroPoints(tensor, quantizer));
        return new QuantizedWeight(codes, scales, zeroPoints, rows, columns, quantizer.Bits, quantizer.BlockSize);
    }

    private string MultiplyNf4(string name, string module, string initializer, string x, int inFeatures, int outFeatures, string? output)
    {
        var quantizer = formats.Nf4;
        if (inFeatures % quantizer.BlockSize != 0)
            throw new NotSupportedException(
                $"'{module}' has {inFeatures} features in, no multiple of the block size {quantizer.BlockSize}: NF4 needs whole blocks. "
                + $"Choose a smaller block size, or keep the module: {module}=int4.");
        var (codes, absMax) = (initializer + "_NF4", initializer + "_absmax");
        var tensor = weights.TakeRows(module + ".weight", [codes], [outFeatures, inFeatures]);
        graph.Initializer(codes, OnnxType.UInt8, [(long)outFeatures * inFeatures / 2], QuantizedRows.Codes(tensor, quantizer));
        graph.Initializer(absMax, OnnxType.Float, [(long)outFeatures * inFeatures / quantizer.BlockSize],
            QuantizedRows.AbsMaxima(tensor, quantizer));
        var weight = new QuantizedWeight(codes, absMax, "", outFeatures, inFeatures, 4, quantizer.BlockSize);
        return graph.MatMulNf4(name, output ?? name + "/output_0", x, weight);
    }
}
