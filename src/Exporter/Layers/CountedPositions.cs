namespace XlLoraOnnx.Exporter;

/// <summary>Positions of models that count tokens and leave out padding, wherever it is (RoBERTa, M2M100).</summary>
internal static class CountedPositions
{
    /// <summary>By the ids and not by the mask, as create_position_ids_from_input_ids: pad tokens within a text have none either.</summary>
    /// <param name="node">Prefix of the nodes.</param>
    /// <param name="inputIds">int64 [batch, seq]</param>
    /// <returns>int64 [batch, seq]: pad_token_id and how many tokens there have been; pad_token_id itself for padding.</returns>
    public static string Add(OnnxGraph graph, string node, string inputIds, int padTokenId)
    {
        var pad = graph.Constant((long)padTokenId);
        var isPad = graph.Equal(node + "/Equal", inputIds, pad);
        var isToken = graph.Cast(node + "/Cast", graph.Not(node + "/Not", isPad), OnnxType.Int64);
        var counted = graph.Mul(node + "/Mul", graph.CumulativeSum(node + "/CumSum", isToken, 1), isToken);
        return graph.Add(node + "/Add", counted, pad);
    }
}
