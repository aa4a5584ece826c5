namespace XlLoraOnnx.Exporter;

/// <summary>What GroupQueryAttention wants to know of the attention mask (right padded, 1 = real).</summary>
/// <param name="LastPosition">int32 [batch]: number of real tokens minus one.</param>
/// <param name="TotalLength">int32 scalar: columns of the mask.</param>
internal sealed record AttentionMask(string LastPosition, string TotalLength)
{
    private const string Prefix = "/model/attn_mask_reformat/attn_mask_subgraph";

    /// <summary>As inputs of the graph, so that a step writes two numbers a row and no mask.</summary>
    public static AttentionMask OfLengths(OnnxGraph graph) => new(
        graph.Input("seqlens_k", OnnxType.Int32, "batch_size"),
        graph.Input("total_sequence_length", OnnxType.Int32, 1));

    public static AttentionMask Add(OnnxGraph graph, string attentionMask)
    {
        var lengths = graph.ReduceSum(Prefix + "/ReduceSum", attentionMask, 1);                   // int64 [batch]
        var last = graph.Sub(Prefix + "/Sub", lengths, graph.Constant([1L]));
        var lastPosition = graph.Cast(Prefix + "/Sub/Cast", last, OnnxType.Int32);                // int32 [batch]
        var shape = graph.Shape(Prefix + "/Shape", attentionMask);
        var total = graph.Gather(Prefix + "/Gather", shape, graph.Constant(1L));
        return new AttentionMask(lastPosition, graph.Cast(Prefix + "/Gather/Cast", total, OnnxType.Int32));
    }
}
