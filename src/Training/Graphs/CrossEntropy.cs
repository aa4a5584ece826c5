namespace XlLoraOnnx.Training;

/// <summary>−log p of what is right, under the softmax of logits.</summary>
internal static class CrossEntropy
{
    /// <param name="logits">[rows, classes]</param>
    /// <param name="labels">int64 [rows]</param>
    /// <param name="scale">A scalar: 1 / rows for the mean, or less where the rows are a part of a batch.</param>
    /// <returns>Σ −log p · scale, a scalar.</returns>
    public static string Add(TrainingGraph graph, string logits, string labels, string scale)
    {
        var shares = graph.Add("LogSoftmax", [logits], TrainingGraph.Int("axis", -1));            // [rows, classes]
        var own = graph.Add("GatherElements", [shares, graph.Add("Unsqueeze", [labels, graph.Constants(1)])], TrainingGraph.Int("axis", 1));
        var sum = graph.Add("ReduceSum", [own, graph.Constants(0, 1)], TrainingGraph.Int("keepdims", 0));
        return graph.Add("Mul", [sum, graph.Add("Neg", [scale])]);
    }
}
