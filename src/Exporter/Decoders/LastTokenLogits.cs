namespace XlLoraOnnx.Exporter;

/// <summary>
/// Logits of the last real token of each row alone: [batch, 1, vocab] instead of [batch, seq, vocab], which would be gigabytes for a long
/// prompt. The row is Min(length − 1, seq − 1), right for a padded prompt, for one step and for a chunk after others.
/// </summary>
internal static class LastTokenLogits
{
    private const string Prefix = "/model/last_token";

    /// <returns>[batch, 1, hidden]</returns>
    public static string Select(OnnxGraph graph, string hidden, string inputIds, AttentionMask mask)
    {
        var shape = graph.Shape(Prefix + "/Shape", inputIds);
        var sequence = graph.Gather(Prefix + "/Gather", shape, graph.Constant(1L));
        var sequence32 = graph.Cast(Prefix + "/Gather/Cast", sequence, OnnxType.Int32);
        var end = graph.Sub(Prefix + "/Sub", sequence32, graph.Constant(1));
        var row = graph.Min(Prefix + "/Min", mask.LastPosition, end);                             // int32 [batch]
        var row64 = graph.Cast(Prefix + "/Min/Cast", row, OnnxType.Int64);
        var index = graph.Unsqueeze(Prefix + "/Unsqueeze", row64, 1);                             // [batch, 1]
        var last = graph.GatherND(Prefix + "/GatherND", hidden, index, batchDims: 1);             // [batch, hidden]
        return graph.Unsqueeze(Prefix + "/GatherND/Unsqueeze", last, 1);
    }
}
