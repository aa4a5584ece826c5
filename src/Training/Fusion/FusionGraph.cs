namespace XlLoraOnnx.Training;

/// <summary>What of a graph that reads two languages its training needs to know.</summary>
/// <param name="Rank">r.</param>
/// <param name="Scale">alpha / r.</param>
/// <param name="AnswersSpans">There is a span head (TyDiQA), not a classifier.</param>
/// <param name="HidesPadding">No span begins or ends in padding: its logits are left out of the softmax.</param>
internal sealed record FusionGraphSettings(int Rank, double Scale, bool AnswersSpans = false, bool HidesPadding = false)
{
    public DropoutRates Dropout { get; init; }

    /// <summary>Layers are computed again for their gradients, and only the states between them kept.</summary>
    public bool Checkpointing { get; init; }
}

/// <summary>
/// Texts in two languages to the loss of a task, and the gradients of what FLARE (arXiv 2501.06892) trains: A and B, the matrices of
/// cross-attention, the head, the projection of FLARE-MT. States of the source are inputs: no gradient goes back into them.
/// </summary>
internal static class FusionGraph
{
    public const string Loss = "loss", Logits = "logits", StartLogits = "start_logits", EndLogits = "end_logits";

    /// <summary>int64 [rows]: classes.</summary>
    public const string Labels = "labels";

    /// <summary>int64 [rows]: the first and the last token of each answer.</summary>
    public const string Starts = "start_positions", Ends = "end_positions";

    private const string Rows = "batch_size";

    // a share of 0 in float32
    private const float Hidden = -1e9f;

    /// <summary>float [rows], of each input of labels: what −log p is multiplied by.</summary>
    public static string Weights(string labels) => labels + ".weights";

    /// <param name="source">Of <see cref="GraphRoles.FusionHidden"/>.</param>
    /// <param name="parameters">By the names of the graph's inputs.</param>
    /// <returns>The graph, and the output in it that is the gradient of each parameter.</returns>
    public static (TrainingGraph Graph, IReadOnlyDictionary<string, IReadOnlyList<GradientOutput>> Gradients) Step(
        OnnxGraph source, FusionGraphSettings settings, IReadOnlyList<Parameter> parameters)
    {
        var graph = Forward(source, settings);
        var gradients = ReverseMode.Add(graph, Loss, graph.Constant(1f), [.. parameters.Select(p => p.Name)], [],
            settings.Checkpointing ? EncoderGraphs.States(source) : []);
        foreach (var output in gradients.Values.SelectMany(g => g))
            graph.Output(output.Value);
        return (graph, gradients);
    }

    /// <summary>Loss and logits without dropout.</summary>
    public static TrainingGraph Evaluation(OnnxGraph source, FusionGraphSettings settings)
    {
        var graph = Forward(source, settings with { Dropout = default });
        foreach (var logits in Outputs(settings))
            graph.Output(logits);
        return graph;
    }

    /// <summary>The model without the adapter: a text to the inputs of its layers.</summary>
    /// <param name="hidden">Of <see cref="GraphRoles.Hidden"/>.</param>
    public static TrainingGraph Source(OnnxGraph hidden, IReadOnlyList<string> states, DropoutRates dropout)
    {
        var graph = WrittenOut.Of(hidden, states, new WritingSettings { Dropout = dropout });
        foreach (var state in states)
            graph.Output(state);
        return graph;
    }

    /// <summary>The outputs that answer the task.</summary>
    public static IReadOnlyList<string> Outputs(FusionGraphSettings settings) =>
        settings.AnswersSpans ? [StartLogits, EndLogits] : [Logits];

    private static TrainingGraph Forward(OnnxGraph source, FusionGraphSettings settings)
    {
        var graph = WrittenOut.Of(source, Outputs(settings), new WritingSettings(
            symbol => symbol.StartsWith("r.", StringComparison.Ordinal) ? settings.Rank : symbol)
        {
            Dropout = settings.Dropout,
            LoraScale = settings.Scale,
        });
        var loss = !settings.AnswersSpans ? Share(graph, Logits, Labels)
            : graph.Add("Add", [Share(graph, Seen(StartLogits), Starts), Share(graph, Seen(EndLogits), Ends)]);
        graph.OutputAs(loss, Loss);
        return graph;

        string Seen(string logits)
        {
            if (!settings.HidesPadding)
                return logits;
            var isPadding = graph.Add("Equal", ["attention_mask", graph.Constant(0L)]);
            return graph.Add("Add", [logits, graph.Add("Where", [isPadding, graph.Constant(Hidden), graph.Constant(0f)])]);
        }
    }

    private static string Share(TrainingGraph graph, string logits, string labels)
    {
        graph.Input(labels, OnnxType.Int64, Rows);
        graph.Input(Weights(labels), OnnxType.Float, Rows);
        return CrossEntropy.AddWeighted(graph, logits, labels, Weights(labels));
    }
}
