namespace XlLoraOnnx.Training;

/// <summary>
/// Supervised SimCSE with hard negatives (arXiv 2104.08821): every other positive and every hard negative of the batch is a negative.
/// ℓᵢ = −log e^{cos(aᵢ, pᵢ)/τ} / Σⱼ (e^{cos(aᵢ, pⱼ)/τ} + e^{cos(aᵢ, nⱼ)/τ + w[i = j]}).
/// </summary>
internal static class ContrastiveLoss
{
    // torch.nn.CosineSimilarity
    private const float Epsilon = 1e-8f;

    /// <param name="vectors">[texts · rows, hidden]: all anchors, then all positives, then all hard negatives if there are any.</param>
    /// <param name="texts">Of a row: 2 or 3.</param>
    /// <param name="temperature">τ.</param>
    /// <param name="hardNegativeWeight">w, a logit: 0 for the weight 1.</param>
    /// <returns>The loss, a scalar: the mean over the rows; and the logits, [rows, (texts − 1) · rows].</returns>
    public static (string Loss, string Logits) Add(TrainingGraph graph, string vectors, int texts, double temperature, double hardNegativeWeight)
    {
        var hidden = graph.Shapes[vectors][^1].Value;
        var length = graph.Add("ReduceL2", [vectors, graph.Constants(-1)], TrainingGraph.Int("keepdims", 1));
        var unit = graph.Add("Div", [vectors, graph.Add("Max", [length, graph.Constant(Epsilon)])]);
        unit = graph.Add("Reshape", [unit, graph.Constants(texts, -1, hidden)]);                  // [texts, rows, hidden]
        var anchors = Part(0);
        var logits = Score(1);                                                                    // [rows, rows]
        var rows = graph.Add("Gather", [graph.Add("Shape", [logits]), graph.Constant(0L)]);
        if (texts > 2)
        {
            var hard = Score(2);
            if (hardNegativeWeight != 0)
            {
                var own = graph.Add("Mul", [IsOwn(graph, rows, rows), graph.Constant((float)hardNegativeWeight)]);
                hard = graph.Add("Add", [hard, own]);
            }
            logits = graph.Add("Concat", [logits, hard], TrainingGraph.Int("axis", 1));           // [rows, 2 · rows]
        }
        var columns = graph.Add("Gather", [graph.Add("Shape", [logits]), graph.Constant(1L)]);
        var shares = graph.Add("LogSoftmax", [logits], TrainingGraph.Int("axis", -1));
        var right = graph.Add("Mul", [shares, IsOwn(graph, rows, columns)]);
        var sum = graph.Add("ReduceSum", [right, graph.Constants(0, 1)], TrainingGraph.Int("keepdims", 0));
        var count = graph.Add("Cast", [rows], TrainingGraph.Int("to", (int)OnnxType.Float));
        var loss = graph.Add("Div", [sum, graph.Add("Neg", [count])]);
        return (loss, logits);

        string Part(long text) => graph.Add("Gather", [unit, graph.Constant(text)], TrainingGraph.Int("axis", 0));

        string Score(long text)
        {
            var turned = graph.Add("Transpose", [Part(text)], TrainingGraph.Ints("perm", 1, 0));
            return graph.Add("Mul", [graph.Add("MatMul", [anchors, turned]), graph.Constant((float)(1 / temperature))]);
        }
    }

    /// <returns>float [rows, columns]: 1 where both numbers are the same.</returns>
    private static string IsOwn(TrainingGraph graph, string rows, string columns)
    {
        var (zero, one) = (graph.Constant(0L), graph.Constant(1L));
        var down = graph.Add("Unsqueeze", [graph.Add("Range", [zero, rows, one]), graph.Constants(1)]);
        var across = graph.Add("Unsqueeze", [graph.Add("Range", [zero, columns, one]), graph.Constants(0)]);
        return graph.Add("Cast", [graph.Add("Equal", [down, across])], TrainingGraph.Int("to", (int)OnnxType.Float));
    }
}
