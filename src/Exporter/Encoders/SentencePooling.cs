namespace XlLoraOnnx.Exporter;

/// <summary>
/// Hidden states to one vector a row, in float32, as sentence-transformers computes it (models/Pooling.py). Padding never takes part: it
/// is where the attention mask is 0, on the right.
/// </summary>
/// <param name="attentionMask">int64 [batch, seq]</param>
/// <param name="type">Of the hidden states.</param>
internal sealed class SentencePooling(OnnxGraph graph, string attentionMask, OnnxType type)
{
    private const string Prefix = "/pooling";

    private readonly Dictionary<string, string> _wide = [];
    private readonly Dictionary<EmbeddingPooling, string> _pooled = [];
    private string? _mask;
    private string? _count;

    /// <summary>Several concatenated, in their order.</summary>
    /// <returns>[batch, poolings · hidden]</returns>
    public string Add(IReadOnlyList<EmbeddingPooling> poolings, IReadOnlyList<string> states, string last)
    {
        string[] vectors = [.. poolings.Select(p => Add(p, states, last))];
        return vectors.Length == 1 ? vectors[0] : graph.Concat(Prefix + "/Concat", 1, vectors);
    }

    /// <summary>One of them; made once however often it is asked for.</summary>
    /// <param name="states">transformers' hidden_states, each [batch, seq, hidden].</param>
    /// <param name="last">last_hidden_state, [batch, seq, hidden].</param>
    /// <returns>[batch, hidden]</returns>
    public string Add(EmbeddingPooling pooling, IReadOnlyList<string> states, string last) =>
        _pooled.TryGetValue(pooling, out var vector) ? vector : _pooled[pooling] = AddNew(pooling, states, last);

    private string AddNew(EmbeddingPooling pooling, IReadOnlyList<string> states, string last)
    {
        var node = $"{Prefix}/{pooling.Name()}";
        return pooling switch
        {
            EmbeddingPooling.Mean => AddMean(node, Wide(last)),
            EmbeddingPooling.MeanSqrtLen => graph.Div(node + "/Div", AddSum(node, Wide(last)), graph.Sqrt(node + "/Sqrt", Count())),
            EmbeddingPooling.WeightedMean => AddWeightedMean(node, Wide(last)),
            EmbeddingPooling.Cls => graph.Gather(node + "/Gather", Wide(last), graph.Constant(0L), axis: 1),
            EmbeddingPooling.Max => AddMax(node, Wide(last)),
            EmbeddingPooling.Last => AddLast(node, Wide(last)),
            EmbeddingPooling.AvgTop2 => AddMean(node, AddAverage(node, Wide(states[^2]), Wide(states[^1]))),
            // "first" is the first layer's output and not the embeddings
            EmbeddingPooling.AvgFirstLast => AddMean(node, AddAverage(node, Wide(states[1]), Wide(states[^1]))),
            _ => throw new ArgumentOutOfRangeException(nameof(pooling), pooling, "This pooling has no graph."),
        };
    }

    /// <summary>x / max(|x|, 1e-12), as torch's normalize.</summary>
    public string AddNormalize(string x, string node = Prefix + "/normalize")
    {
        var length = graph.ReduceL2(node + "/ReduceL2", x, -1);                                   // [batch, 1]
        return graph.Div(node + "/Div", x, graph.Max(node + "/Max", length, graph.Constant(1e-12f)));
    }

    private string AddMean(string node, string x) => graph.Div(node + "/Div", AddSum(node, x), Count());

    /// <returns>[batch, hidden]</returns>
    private string AddSum(string node, string x) =>
        graph.ReduceSum(node + "/ReduceSum", graph.Mul(node + "/Mul", x, Mask()), 1);

    private string AddWeightedMean(string node, string x)
    {
        // padding is on the right, so that the real tokens before and at each are its number
        var weights = graph.Mul(node + "/weights/Mul", graph.CumulativeSum(node + "/weights/CumSum", Mask(), 1), Mask());
        var sum = graph.ReduceSum(node + "/ReduceSum", graph.Mul(node + "/Mul", x, weights), 1);  // [batch, hidden]
        var total = graph.ReduceSum(node + "/weights/ReduceSum", weights, 1);                     // [batch, 1]
        return graph.Div(node + "/Div", sum, graph.Max(node + "/weights/Max", total, graph.Constant(1e-9f)));
    }

    private string AddMax(string node, string x)
    {
        var real = graph.Greater(node + "/Greater", Mask(), graph.Constant(0f));
        return graph.ReduceMax(node + "/ReduceMax", graph.Where(node + "/Where", real, x, graph.Constant(-1e9f)), 1);
    }

    private string AddLast(string node, string x)
    {
        var length = graph.ReduceSum(node + "/ReduceSum", attentionMask, 1);                      // int64 [batch]
        var last = graph.Max(node + "/Max", graph.Sub(node + "/Sub", length, graph.Constant(1L)), graph.Constant(0L));
        return graph.GatherND(node + "/GatherND", x, graph.Unsqueeze(node + "/Unsqueeze", last, 1), batchDims: 1);
    }

    private string AddAverage(string node, string a, string b) =>
        graph.Mul(node + "/average/Mul", graph.Add(node + "/average/Add", a, b), graph.Constant(0.5f));

    // sums over hundreds of tokens leave the range of float16
    private string Wide(string x)
    {
        if (type == OnnxType.Float)
            return x;
        if (!_wide.TryGetValue(x, out var wide))
            _wide.Add(x, wide = graph.Cast($"{Prefix}/wide_{_wide.Count}/Cast", x, OnnxType.Float));
        return wide;
    }

    /// <returns>[batch, seq, 1]</returns>
    private string Mask() => _mask ??=
        graph.Unsqueeze(Prefix + "/mask/Unsqueeze", graph.Cast(Prefix + "/mask/Cast", attentionMask, OnnxType.Float), 2);

    /// <returns>[batch, 1]</returns>
    private string Count() => _count ??=
        graph.Max(Prefix + "/count/Max", graph.ReduceSum(Prefix + "/count/ReduceSum", Mask(), 1), graph.Constant(1e-9f));
}
