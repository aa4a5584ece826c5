namespace XlLoraOnnx.Exporter;

/// <summary>Dense modules on the pooled vector: activation(x Wᵀ + b), in float32 as sentence-transformers computes them.</summary>
internal static class DenseLayers
{
    private const string Prefix = "/dense";

    /// <param name="pooling">Makes vectors 1 long.</param>
    /// <param name="x">[batch, in]</param>
    /// <returns>[batch, out]</returns>
    public static string Add(OnnxGraph graph, TextWeights weights, SentencePooling pooling, IReadOnlyList<DenseFacts> layers, string x)
    {
        for (var i = 0; i < layers.Count; i++)
            x = Add(graph, weights, pooling, layers[i], $"{Prefix}/{i}", x);
        return x;
    }

    private static string Add(
        OnnxGraph graph, TextWeights weights, SentencePooling pooling, DenseFacts layer, string node, string x)
    {
        if (layer.NormalizesInput)
            x = pooling.AddNormalize(x, node + "/normalize");
        var y = Multiply(node + "/linear", layer.Path + ".linear");                               // [batch, out]
        if (layer.Bias)
        {
            var name = layer.Path + ".linear.bias";
            y = graph.Add(node + "/Add", y, graph.Initializer(
                name, OnnxType.Float, [layer.OutFeatures], weights.Take(name, name, [layer.OutFeatures])));
        }
        y = Activate(graph, layer.Activation, node + "/act_fn", y);
        if (!layer.Residual)
            return y;
        var skip = layer.InFeatures == layer.OutFeatures ? x : Multiply(node + "/residual", layer.Path + ".residual");
        return graph.Add(node + "/residual/Add", y, skip);

        string Multiply(string prefix, string module)
        {
            var initializer = module + ".MatMul.weight";
            var weight = graph.Initializer(initializer, OnnxType.Float, [layer.InFeatures, layer.OutFeatures],
                weights.TakeTransposed(module + ".weight", initializer, [layer.OutFeatures, layer.InFeatures]));
            return graph.MatMul(prefix + "/MatMul", x, weight);
        }
    }

    private static string Activate(OnnxGraph graph, string activation, string node, string x) => activation switch
    {
        "identity" => x,
        "tanh" => graph.Tanh(node + "/Tanh", x),
        "relu" => graph.Relu(node + "/Relu", x),
        "gelu" => graph.Gelu(node + "/Gelu", x),
        "sigmoid" => graph.Sigmoid(node + "/Sigmoid", x),
        "silu" => graph.Silu(node, x),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "This activation has no graph."),
    };
}
