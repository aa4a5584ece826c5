namespace XlLoraOnnx.Exporter;

/// <summary>Operators that encoders and poolings use.</summary>
internal sealed partial class OnnxGraph
{
    public string Max(string name, string a, string b) => Node(name, "Max", [a, b]);

    public string Not(string name, string x) => Node(name, "Not", [x]);

    public string Abs(string name, string x) => Node(name, "Abs", [x]);

    public string Equal(string name, string a, string b) => Node(name, "Equal", [a, b]);

    public string Greater(string name, string a, string b) => Node(name, "Greater", [a, b]);

    public string Where(string name, string condition, string a, string b) => Node(name, "Where", [condition, a, b]);

    public string Sigmoid(string name, string x) => Node(name, "Sigmoid", [x]);

    public string Sqrt(string name, string x) => Node(name, "Sqrt", [x]);

    public string Concat(string name, int axis, params ReadOnlySpan<string> parts) =>
        Node(name, "Concat", parts, "", Int("axis", axis));

    /// <param name="output">Its name.</param>
    public string Concat(string name, string output, int axis, string a, string b)
    {
        Node(name, "Concat", [a, b], [output], "", Int("axis", axis));
        return output;
    }

    /// <summary>0, 1, … below a scalar.</summary>
    public string Range(string name, string limit) => Node(name, "Range", [Constant(0L), limit, Constant(1L)]);

    public string CumulativeSum(string name, string x, long axis) => Node(name, "CumSum", [x, Constant(axis)]);

    /// <summary>The largest over one axis, which goes.</summary>
    public string ReduceMax(string name, string x, long axis) => Node(name, "ReduceMax", [x, Constant([axis])], "", Int("keepdims", 0));

    /// <summary>The Euclidean length over one axis, which stays with size 1.</summary>
    public string ReduceL2(string name, string x, long axis) => Node(name, "ReduceL2", [x, Constant([axis])], "", Int("keepdims", 1));

    public string Identity(string name, string output, string x)
    {
        Node(name, "Identity", [x], [output]);
        return output;
    }

    public string Relu(string name, string x) => Node(name, "Relu", [x]);

    /// <param name="slope">What numbers below 0 are multiplied by.</param>
    public string LeakyRelu(string name, string x, float slope) => Node(name, "LeakyRelu", [x], "", Float("alpha", slope));

    /// <summary>x · Φ(x), by the error function.</summary>
    public string Gelu(string name, string x) => Node(name, "Gelu", [x], "", Text("approximate", "none"));

    /// <summary><see cref="Gelu"/> of x + bias.</summary>
    public string BiasGelu(string name, string x, string bias) => Node(name, "BiasGelu", [x, bias], Microsoft);

    /// <summary>The last axis in equal parts.</summary>
    public string[] Split(string name, string x, int parts)
    {
        string[] outputs = [.. Enumerable.Range(0, parts).Select(i => $"{name}/output_{i}")];
        Node(name, "Split", [x], outputs, "", Int("axis", -1), Int("num_outputs", parts));
        return outputs;
    }

    /// <param name="beta">Added to what is normed; empty for none.</param>
    public string LayerNorm(string name, string output, string x, string weight, float epsilon, string beta = "")
    {
        ReadOnlySpan<string> inputs = beta.Length > 0 ? [x, weight, beta] : [x, weight];
        Node(name, "LayerNormalization", inputs, [output], "", Int("axis", -1), Float("epsilon", epsilon), Int("stash_type", 1));
        return output;
    }

    /// <summary>Layer norm of (x + skip + bias); gives the sum too unless <paramref name="sum"/> is empty.</summary>
    /// <param name="beta">Added to what is normed; empty for none.</param>
    /// <param name="bias">Empty for none.</param>
    public string SkipLayerNorm(
        string name, string output, string sum, string x, string skip, string weight, string beta, string bias, float epsilon)
    {
        ReadOnlySpan<string> inputs =
            bias.Length > 0 ? [x, skip, weight, beta, bias]
            : beta.Length > 0 ? [x, skip, weight, beta]
            : [x, skip, weight];
        ReadOnlySpan<string> outputs = sum.Length > 0 ? [output, "", "", sum] : [output];
        Node(name, "SkipLayerNormalization", inputs, outputs, Microsoft, Float("epsilon", epsilon));
        return output;
    }

    /// <summary>Attention over a whole text, scaled by 1/√head_dim.</summary>
    /// <param name="bias">[3 · hidden], of queries, keys and values; empty for none.</param>
    /// <param name="keyMask">int32 [batch, seq]: 0 for keys that nobody sees; empty where all are seen.</param>
    /// <param name="scoreBias">[1, 1, seq, seq], added to the scores; empty for none.</param>
    /// <param name="isCausal">A token sees none behind it.</param>
    public string MultiHeadAttention(string name, string query, string key, string value, string bias, string keyMask, string scoreBias,
        int heads, bool isCausal = false)
    {
        List<string> inputs = [query, key, value, bias, keyMask, scoreBias];
        while (inputs[^1].Length == 0)
            inputs.RemoveAt(inputs.Count - 1);
        ReadOnlySpan<AttributeProto> attributes =
            isCausal ? [Int("num_heads", heads), Int("unidirectional", 1)] : [Int("num_heads", heads)];
        return Node(name, "MultiHeadAttention", [.. inputs], Microsoft, attributes);
    }

    /// <summary>Rotates the heads of [batch, seq, heads · head_dim] by their positions.</summary>
    /// <param name="first">int64 [1]: position of the first token of every row; null for 0.</param>
    public string RotaryEmbedding(string name, string x, string cos, string sin, int heads, string? first = null) =>
        Node(name, "RotaryEmbedding", [x, first ?? Constant([0L]), cos, sin], Microsoft, Int("num_heads", heads), Int("interleaved", 0));
}
