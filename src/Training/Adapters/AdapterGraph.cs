namespace XlLoraOnnx.Training;

/// <summary>What of a decoder's graph the training of an adapter needs to know.</summary>
/// <param name="Rank">r.</param>
/// <param name="Scale">alpha / r.</param>
/// <param name="Dropout"><c>lora_dropout</c>.</param>
/// <param name="Checkpointing">Layers are computed again for their gradients, and only the states between them kept.</param>
internal sealed record AdapterGraphSettings(int Rank, double Scale, double Dropout = 0, bool Checkpointing = false)
{
    public AdapterBasePrecision BasePrecision { get; init; }
}

/// <summary>
/// A batch of texts to the loss of the tokens that are to be learned, and the gradients of A and B of every linear module (LoRA,
/// arXiv 2106.09685).
/// </summary>
internal static class AdapterGraph
{
    /// <summary>Output: Σ −log p of the labels, times <see cref="LossScale"/>.</summary>
    public const string Loss = "loss";
    /// <summary>int64 [logits_rows]: tokens of [batch · seq] after which a label comes.</summary>
    public const string LogitsIndices = "logits_indices";
    /// <summary>int64 [logits_rows]</summary>
    public const string Labels = "labels";
    /// <summary>float, a scalar: 1 / labels of the whole step, of which a batch may be a part.</summary>
    public const string LossScale = "loss_scale";

    /// <param name="source">Of <see cref="DecoderGraph.Training"/>.</param>
    /// <param name="parameters">A and B by the names of the graph's inputs; modules without stay as they are.</param>
    /// <returns>The graph, and the output in it that is the gradient of each parameter.</returns>
    public static (TrainingGraph Graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients) Step(
        OnnxGraph source, AdapterGraphSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var graph = Forward(source, settings, parameters);
        string[] names = [.. parameters.Select(p => p.Name)];
        var gradients = ReverseMode.Add(graph, Loss, graph.Constant(1f), names, [], settings.Checkpointing ? States(graph) : []);
        foreach (var output in gradients.Values.SelectMany(g => g))
            graph.Output(output.Value);
        return (graph, gradients);
    }

    /// <summary>The loss alone, without dropout.</summary>
    public static TrainingGraph Evaluation(OnnxGraph source, AdapterGraphSettings settings, IReadOnlyList<Parameter> parameters) =>
        Forward(source, settings with { Dropout = 0 }, parameters);

    private static TrainingGraph Forward(OnnxGraph source, AdapterGraphSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var graph = WrittenOut.Of(source, ["logits"], new WritingSettings(
            symbol => symbol.StartsWith("r.", StringComparison.Ordinal) ? RankOf(symbol[2..]) : symbol)
        {
            Dropout = DropoutRates.OfLora(settings.Dropout),
            LoraScale = settings.Scale,
            Quantization = WeightQuantization.Of(settings.BasePrecision),
        });
        graph.Input(Labels, OnnxType.Int64, "logits_rows");
        graph.Input(LossScale, OnnxType.Float);
        graph.OutputAs(CrossEntropy.Add(graph, "logits", Labels, LossScale), Loss);
        return graph;

        Dim RankOf(string module) => parameters.Any(p => p.Name.StartsWith(module + ".lora_", StringComparison.Ordinal)) ? settings.Rank : 0;
    }

    /// <summary>The residual stream before each layer but the first.</summary>
    private static string[] States(TrainingGraph graph) =>
        [.. graph.Proto.Node.SelectMany(n => n.Output).Where(o => o.EndsWith("/input_layernorm/output_3", StringComparison.Ordinal))];
}
