
namespace XlLoraOnnx.Exporter;

/// <summary>The outputs of every graph that turns texts into vectors; float32 in every precision.</summary>
internal static class EmbeddingOutputs
{
    private const string Vector = "sentence_embedding";

    // as recorded references name them
    private static readonly (string Name, EmbeddingPooling Pooling)[] Poolings =
    [
        ("cls", EmbeddingPooling.Cls), ("avg", EmbeddingPooling.Mean), ("avg_top2", EmbeddingPooling.AvgTop2),
        ("avg_first_last", EmbeddingPooling.AvgFirstLast), ("max", EmbeddingPooling.Max),
    ];

    /// <param name="last">last_hidden_state.</param>
    public static void Add(EncoderGraph encoder, string last)
    {
        var (graph, type, hidden) = (encoder.Graph, encoder.Format.Residual, encoder.Config.HiddenSize);
        var pooling = new SentencePooling(graph, encoder.AttentionMask, type);
        if (encoder.Role == GraphRoles.Hidden)
        {
            Show(graph, "last_hidden_state", last, type, "batch_size", "sequence_length", hidden);
            for (var i = 0; i < encoder.States.Count; i++)
                Show(graph, $"hidden_states.{i}", encoder.States[i], type, "batch_size", "sequence_length", hidden);
            foreach (var (name, kind) in Poolings)
                Show(graph, "pool." + name, pooling.Add(kind, encoder.States, last), OnnxType.Float, "batch_size", hidden);
        }
        var pooled = pooling.Add(EmbeddingPoolings.Parse(encoder.Facts.Pooling), encoder.States, last);
        AddVector(graph, encoder.Weights, pooling, encoder.Facts, pooled);
    }

    /// <param name="last">After the final norm, [batch, seq, hidden].</param>
    public static void Add(DecoderGraph decoder, EncoderFacts facts, string last)
    {
        decoder.Weights.Drop("lm_head.weight", "the model gives vectors, no logits");
        var pooling = new SentencePooling(decoder.Graph, decoder.AttentionMask!, decoder.Format.Activations);
        AddVector(decoder.Graph, decoder.Weights, pooling, facts, pooling.Add(EmbeddingPoolings.Parse(facts.Pooling), [last], last));
    }

    private static void AddVector(OnnxGraph graph, TextWeights weights, SentencePooling pooling, EncoderFacts facts, string vector)
    {
        vector = DenseLayers.Add(graph, weights, pooling, facts.Dense ?? [], vector);
        Show(graph, Vector, facts.Normalize ? pooling.AddNormalize(vector) : vector, OnnxType.Float, "batch_size", facts.Dimension);
    }

    private static void Show(OnnxGraph graph, string output, string x, OnnxType type, params ReadOnlySpan<Dim> shape)
    {
        var node = $"/outputs/{output}";
        if (type == OnnxType.Float)
            graph.Identity(node + "/Identity", output, x);
        else
            graph.Cast(node + "/Cast", output, x, OnnxType.Float);
        graph.Output(output, OnnxType.Float, shape);
    }
}
