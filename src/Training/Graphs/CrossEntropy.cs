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
        var own = OfLabels(graph, logits, labels);
        var sum = graph.Add("ReduceSum", [own, graph.Constants(0, 1)], TrainingGraph.Int("keepdims", 0));
        return graph.Add("Mul", [sum, graph.Add("Neg", [scale])]);
    }

    /// <param name="logits">[rows, classes]</param>
    /// <param name="labels">int64 [rows]</param>
    /// <param name="weights">[rows]: 1 / rows for the mean; 0 for a row whose label is none.</param>
    /// <returns>Σ −log p · weight, a scalar.</returns>
    public static string AddWeighted(TrainingGraph graph, string logits, string labels, string weights)
    {
        var own = graph.Add("Mul", [OfLabels(graph, logits, labels), graph.Add("Unsqueeze", [weights, graph.Constants(1)])]);
        return graph.Add("Neg", [graph.Add("ReduceSum", [own, graph.Constants(0, 1)], TrainingGraph.Int("keepdims", 0))]);
    }

    /// <returns>log p of each label, [rows, 1]</returns>
    private static string OfLabels(TrainingGraph graph, string logits, string labels)
    {
        var shares = graph.Add("LogSoftmax", [logits], TrainingGraph.Int("axis", -1));            // [rows, classes]
        return graph.Add("GatherElements", [shares, graph.Add("Unsqueeze", [labels, graph.Constants(1)])], TrainingGraph.Int("axis", 1));
    }
}
