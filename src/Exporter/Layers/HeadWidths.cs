namespace XlLoraOnnx.Exporter;

/// <summary>
/// Rotary GroupQueryAttention takes heads of a multiple of 16 numbers (onnxruntime, group_query_attention_helper.h). Others are made wider
/// with zeros behind each half, since halves are rotated with each other: [a | b] becomes [a 0 | b 0]. Zeros stay zeros when they are
/// rotated, add nothing to a product of queries and keys, and the zeros of the values are cut off the result. Weights, head norms and LoRA
/// factors are as they were; caches are as wide as the operator's heads.
/// </summary>
internal static class HeadWidths
{
    private const int Multiple = 16;

    /// <summary>Numbers of a head within the operator.</summary>
    public static int OfOperator(int headDim) => (headDim + Multiple - 1) / Multiple * Multiple;

    /// <param name="x">[batch, seq, heads · head_dim]</param>
    /// <returns>[batch, seq, heads · width]</returns>
    public static string Widen(DecoderGraph decoder, string node, string x, int heads)
    {
        var (graph, headDim, width) = (decoder.Graph, decoder.Config.HeadDim, decoder.HeadWidth);
        if (headDim == width)
            return x;
        var type = decoder.Format.Activations;
        x = graph.Reshape(node + "/Reshape", x, 0, -1, 2, headDim / 2);                           // [batch, seq · heads, 2, half]
        // Pad has no kernel for bfloat16
        x = type == OnnxType.BFloat16 ? graph.Cast(node + "/Cast", x, OnnxType.Float) : x;
        x = graph.PadLast(node + "/Pad", x, axes: 4, (width - headDim) / 2);                      // [batch, seq · heads, 2, width / 2]
        x = type == OnnxType.BFloat16 ? graph.Cast(node + "/Cast_1", x, type) : x;
        return graph.Reshape(node + "/Reshape_1", x, 0, -1, heads * width);
    }

    /// <param name="x">[batch, seq, heads · width]</param>
    /// <returns>[batch, seq, heads · head_dim]</returns>
    public static string Narrow(DecoderGraph decoder, string node, string x, int heads)
    {
        var (graph, headDim, width) = (decoder.Graph, decoder.Config.HeadDim, decoder.HeadWidth);
        if (headDim == width)
            return x;
        x = graph.Reshape(node + "/Reshape", x, 0, -1, 2, width / 2);                             // [batch, seq · heads, 2, width / 2]
        x = graph.SliceLast(node + "/Slice", x, axes: 4, headDim / 2);                            // [batch, seq · heads, 2, half]
        return graph.Reshape(node + "/Reshape_1", x, 0, -1, heads * headDim);
    }
}
