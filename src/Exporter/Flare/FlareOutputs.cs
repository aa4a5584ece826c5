namespace XlLoraOnnx.Exporter;

/// <summary>
/// The heads that FLARE trains on XLM-RoBERTa, their weights being inputs of the graph as the adapter's are: XLMRobertaClassificationHead
/// (transformers, models/xlm_roberta/modeling_xlm_roberta.py), and one linear layer for the begin and the end of an answer. Outputs are
/// float32 in every precision.
/// </summary>
internal static class FlareOutputs
{
    /// <param name="last">[batch, seq, hidden]</param>
    public static void Add(EncoderGraph encoder, FlareShape flare, string last)
    {
        var (graph, hidden) = (encoder.Graph, encoder.Config.HiddenSize);
        var x = encoder.ToActivations("/head", last);
        if (flare.Head == FlareShape.QuestionAnswering)
            AddSpans(encoder, flare, Linear(encoder, "qa_outputs", x, hidden, flare.Labels));
        else
            AddClasses(encoder, flare, graph.Gather("/head/first/Gather", x, graph.Constant(0L), axis: 1));
        Show(encoder, "last_hidden_state", last, encoder.Format.Residual, "batch_size", "sequence_length", hidden);
        if (encoder.Role != GraphRoles.FusionHidden)
            return;
        for (var i = 0; i < encoder.States.Count; i++)
            Show(encoder, $"hidden_states.{i}", encoder.States[i], encoder.Format.Residual, "batch_size", "sequence_length", hidden);
    }

    /// <param name="first">State of the first token, [batch, hidden].</param>
    private static void AddClasses(EncoderGraph encoder, FlareShape flare, string first)
    {
        var hidden = encoder.Config.HiddenSize;
        var dense = encoder.Graph.Tanh("/head/dense/Tanh", Linear(encoder, "classifier.dense", first, hidden, hidden));
        Show(encoder, "logits", Linear(encoder, "classifier.out_proj", dense, hidden, flare.Labels), encoder.Format.Activations,
            "batch_size", flare.Labels);
    }

    private static void AddSpans(EncoderGraph encoder, FlareShape flare, string logits)
    {
        string[] outputs = ["start_logits", "end_logits"];
        if (flare.Labels != outputs.Length)
            throw new NotSupportedException($"qa_outputs has {flare.Labels} rows; 2 are read, the begin and the end of an answer.");
        for (var i = 0; i < outputs.Length; i++)
            Show(encoder, outputs[i], encoder.Graph.Gather($"/head/{outputs[i]}/Gather", logits, encoder.Graph.Constant((long)i), axis: 2),
                encoder.Format.Activations, "batch_size", "sequence_length");
    }

    private static string Linear(EncoderGraph encoder, string module, string x, int inFeatures, int outFeatures)
    {
        var (graph, type, node) = (encoder.Graph, encoder.Format.Activations, "/head/" + module);
        var y = graph.MatMul(node + "/MatMul", x, graph.Input(module + ".weight", type, inFeatures, outFeatures));
        return graph.Add(node + "/Add", y, graph.Input(module + ".bias", type, outFeatures));
    }

    private static void Show(EncoderGraph encoder, string output, string x, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        var node = $"/outputs/{output}";
        if (type == OnnxType.Float)
            encoder.Graph.Identity(node + "/Identity", output, x);
        else
            encoder.Graph.Cast(node + "/Cast", output, x, OnnxType.Float);
        encoder.Graph.Output(output, OnnxType.Float, shape);
    }
}
