using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// y = W t + φ(A s, A t) B for linear modules that read two languages at once (FLARE, arXiv 2501.06892), A [in, r] and B [r, out] being
/// inputs of the graph with alpha / r in B. States s of the source are inputs too: those of the layer's own input, without adapter, or one
/// for all layers of a translation model's encoder.
/// </summary>
/// <remarks>
/// <c>source_mask</c> says where there is a source: elsewhere φ = A t, plain LoRA, so that padding of the source reaches no token.
/// <c>target_mask</c> says which positions the functions that look at several of them see. Ones everywhere are what FLARE's released code
/// does. Of a decoder it also numbers what goes through the model together, the prompt and then each token that is written: a position sees
/// those of its own number, as it does with a cache.
/// </remarks>
internal sealed class FusionLinears(OnnxGraph graph, OnnxType type, FlareShape flare, int hidden)
{
    public const string SourceMask = "source_mask", TargetMask = "target_mask", SourceState = "source.last_hidden_state";

    // so small that the share of a position of padding is 0
    private const float Hidden = -1e9f;

    private readonly Dictionary<string, string> _made = [];

    /// <summary>Whether FLARE shows the source to a module: queries and values see it, in every layer.</summary>
    public static bool SeesSource(string module) => module[(module.LastIndexOf('.') + 1)..] is "query" or "value" or "q_proj" or "v_proj";

    /// <summary>The first number in its name.</summary>
    public static int LayerOf(string module) =>
        module.Split('.').Select(part => int.TryParse(part, CultureInfo.InvariantCulture, out var n) ? n : -1).First(n => n >= 0);

    /// <summary>The mask of the target of a decoder whose function looks at several positions; null of any other.</summary>
    public string? Segments => IsWritten && flare.Fusion is FusionFunction.MatMul or FusionFunction.MatMulRelu or FusionFunction.CrossAttention
        ? Seen() : null;

    private bool IsWritten => flare.Head == FlareShape.LanguageModel;

    /// <param name="node">Node prefix, e.g. <c>/model/layers.0/attn/q_proj</c>.</param>
    /// <param name="module">Canonical.</param>
    /// <param name="x">[batch, seq, in]</param>
    /// <param name="y">x Wᵀ, [batch, seq, out]</param>
    /// <returns>[batch, seq, out]; y itself for a module without an adapter.</returns>
    public string Add(string node, string module, string x, string y, int inFeatures, int outFeatures)
    {
        if (!flare.Modules.ContainsKey(module))
            return y;
        flare.Add(module);
        var rank = "r." + module;
        var a = graph.Input(module + ".lora_A.weight", type, inFeatures, rank);
        var b = graph.Input(module + ".lora_B.weight", type, rank, outFeatures);
        var t = graph.MatMul(node + "/lora_A/MatMul", x, a);                                      // [batch, seq, r]
        if (SeesSource(module) && flare.Fusion is { } function)
        {
            var s = graph.MatMul(node + "/source/lora_A/MatMul", Source(LayerOf(module)), a);
            // no source is plain LoRA, and not a source of zeros
            t = graph.Where(node + "/fusion/Where", HasSource(), Fuse(node + "/fusion", module, function, s, t), t);
        }
        return graph.Add(node + "/lora/Add", y, graph.MatMul(node + "/lora_B/MatMul", t, b));
    }

    private string Fuse(string node, string module, FusionFunction function, string s, string t) => function switch
    {
        FusionFunction.Add => graph.Add(node + "/Add", s, t),
        FusionFunction.Mul => graph.Mul(node + "/Mul", s, t),
        FusionFunction.AddRelu => graph.Add(node + "/Add", graph.Relu(node + "/source/Relu", s), graph.Relu(node + "/target/Relu", t)),
        FusionFunction.MatMul => Products(node, s, t),
        FusionFunction.MatMulRelu => Products(node, graph.Relu(node + "/source/Relu", s), graph.Relu(node + "/target/Relu", t)),
        _ => CrossAttention(node, module, s, t),
    };

    /// <summary>(S Tᵀ) T, where all see the same as S (Tᵀ T): the same numbers from a matrix [r, r] in place of one [seq, seq].</summary>
    private string Products(string node, string s, string t)
    {
        if (IsWritten)
        {
            var scores = graph.MatMul(node + "/scores/MatMul", s, graph.Transpose(node + "/target/Transpose", t, 0, 2, 1));
            return graph.MatMul(node + "/MatMul", graph.Mul(node + "/scores/Mul", scores, SeenAsNumbers()), t);
        }
        t = graph.Mul(node + "/target/Mul", t, SeenAsNumbers());
        var products = graph.MatMul(node + "/target/MatMul", graph.Transpose(node + "/target/Transpose", t, 0, 2, 1), t);   // [batch, r, r]
        return graph.MatMul(node + "/MatMul", s, products);
    }

    /// <summary>Queries of the source, keys and values of the target; no projection of the result, as FLARE's code has none.</summary>
    private string CrossAttention(string node, string module, string s, string t)
    {
        var rank = flare.Modules[module];
        var scale = (float)(1 / Math.Sqrt((double)rank / flare.Heads));
        var q = Heads("query", s, 0, 2, 1, 3);                                                    // [batch, heads, seq, d]
        var k = Heads("key", t, 0, 2, 3, 1);                                                      // [batch, heads, d, seq]
        var v = Heads("value", t, 0, 2, 1, 3);
        var scores = graph.Mul(node + "/scores/Mul", graph.MatMul(node + "/scores/MatMul", q, k), Scalar(scale));
        var shares = graph.Softmax(node + "/Softmax", graph.Add(node + "/scores/Add", scores, SeenAsBias()));
        var attended = graph.Transpose(node + "/attended/Transpose", graph.MatMul(node + "/attended/MatMul", shares, v), 0, 2, 1, 3);
        return graph.Reshape(node + "/attended/Reshape", attended, 0, 0, rank);

        string Heads(string name, string x, params ReadOnlySpan<long> order)
        {
            var matrix = $"{module}.fuse_cross_attention.{name}";
            x = graph.MatMul($"{node}/{name}/MatMul", x, graph.Input(matrix + ".weight", type, rank, rank));
            x = graph.Add($"{node}/{name}/Add", x, graph.Input(matrix + ".bias", type, rank));
            return graph.Transpose($"{node}/{name}/Transpose", graph.Reshape($"{node}/{name}/Reshape", x, 0, 0, flare.Heads, -1), order);
        }
    }

    /// <returns>[batch, seq, hidden]</returns>
    private string Source(int layer)
    {
        if (flare.Source == FlareSource.Model)
            return Once($"source.hidden_states.{layer}", name => Cast(graph.Input(name, OnnxType.Float, "batch_size", "sequence_length", hidden), type));
        return Once(SourceState, name =>
        {
            var states = Cast(graph.Input(name, OnnxType.Float, "batch_size", "sequence_length", flare.SourceDimension!.Value), type);
            var projected = graph.MatMul("/source/proj/MatMul", states, graph.Input("proj.weight", type, flare.SourceDimension.Value, hidden));
            return graph.Add("/source/proj/Add", projected, graph.Input("proj.bias", type, hidden));
        });
    }

    /// <returns>bool [batch, seq, 1]</returns>
    private string HasSource() => Once(SourceMask, name => graph.Cast("/source/mask/Cast",
        graph.Unsqueeze("/source/mask/Unsqueeze", graph.Input(name, OnnxType.Int64, "batch_size", "sequence_length"), 2), OnnxType.Bool));

    /// <returns>1 and 0, [batch, seq, 1]; of a decoder for each query, [batch, seq, seq]</returns>
    private string SeenAsNumbers() => Once("numbers", _ => graph.Cast("/target/mask/Cast",
        IsWritten ? graph.Not("/target/mask/Not", HiddenToEach()) : graph.Unsqueeze("/target/mask/Unsqueeze", Seen(), 2), type));

    /// <returns>0 for what is seen, and so little for the rest that its share is 0, [batch, 1, 1, seq]; of a decoder [batch, 1, seq, seq]
    /// </returns>
    private string SeenAsBias() => Once("bias", _ =>
    {
        var isHidden = IsWritten ? HiddenToEach() : graph.Equal("/target/mask/Equal", Seen(), graph.Constant(0L));
        var bias = graph.Where("/target/mask/Where", isHidden, graph.Constant(Hidden), graph.Constant(0f));
        return Cast(IsWritten ? graph.Unsqueeze("/target/mask/bias/Unsqueeze", bias, 1)
            : graph.Reshape("/target/mask/Reshape", bias, 0, 1, 1, -1), type);
    });

    /// <summary>A query sees positions of its own number, and one of padding all that are none.</summary>
    /// <returns>bool [batch, seq, seq]</returns>
    private string HiddenToEach() => Once("hidden", _ =>
    {
        const string Node = "/target/segments";
        var (query, key) = (graph.Unsqueeze(Node + "/query/Unsqueeze", Seen(), 2), graph.Unsqueeze(Node + "/key/Unsqueeze", Seen(), 1));
        var sees = graph.Or(Node + "/Or", graph.Equal(Node + "/Equal", query, key), graph.Equal(Node + "/query/Equal", query, graph.Constant(0L)));
        return graph.Or(Node + "/hidden/Or", graph.Equal(Node + "/key/Equal", key, graph.Constant(0L)), graph.Not(Node + "/Not", sees));
    });

    /// <returns>int64 [batch, seq]</returns>
    private string Seen() => Once(TargetMask, name => graph.Input(name, OnnxType.Int64, "batch_size", "sequence_length"));

    private string Scalar(float value) => type == OnnxType.Float ? graph.Constant(value)
        : Once($"scalar {value:R}", _ => graph.Cast("/fusion/scale/Cast", graph.Constant(value), type));

    private string Cast(string x, OnnxType to) => to == OnnxType.Float ? x : graph.Cast($"/inputs/{x}/Cast", x, to);

    private string Once(string name, Func<string, string> make)
    {
        if (!_made.TryGetValue(name, out var made))
            _made.Add(name, made = make(name));
        return made;
    }
}
