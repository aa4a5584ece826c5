
namespace XlLoraOnnx.Exporter;

/// <summary>One graph of an encoder under construction: its inputs, what all of its layers need, and its hidden states.</summary>
internal sealed class EncoderGraph
{
    private readonly LinearWeights _linear;
    private readonly List<string> _states = [];

    /// <param name="table">Module of the word embeddings.</param>
    /// <param name="fusion">Of a graph that reads two languages at once; null for any other.</param>
    public EncoderGraph(EncoderConfig config, TextWeights weights, WeightFormats formats, NumberFormat format, EncoderFacts facts,
        string role, string table, FlareShape? fusion = null)
    {
        (Config, Weights, Format, Facts, Role) = (config, weights, format, facts, role);
        _linear = new LinearWeights(Graph, weights, formats, format.Activations);
        Tokens = new TokenTable(Graph, weights, formats, format.Activations, config.VocabSize, config.HiddenSize, tied: false, table);
        InputIds = AddInput("input_ids");
        AttentionMask = AddInput("attention_mask");
        if (facts.HasTokenTypeIds)
            TokenTypeIds = AddInput("token_type_ids");
        Fusion = fusion is null ? null : new FusionLinears(Graph, format.Activations, fusion, config.HiddenSize);
        KeyMask = Graph.Cast("/model/attn_mask/Cast", AttentionMask, OnnxType.Int32);
    }

    public OnnxGraph Graph { get; } = new();

    public EncoderConfig Config { get; }

    public TextWeights Weights { get; }

    public NumberFormat Format { get; }

    public EncoderFacts Facts { get; }

    /// <summary>Of <see cref="GraphRoles.OfEncoder"/>.</summary>
    public string Role { get; }

    public TokenTable Tokens { get; }

    /// <summary>Of a graph that reads two languages at once; null for any other.</summary>
    public FusionLinears? Fusion { get; }

    /// <summary>int64 [batch, seq]</summary>
    public string InputIds { get; }

    /// <summary>int64 [batch, seq]</summary>
    public string AttentionMask { get; }

    /// <summary>int64 [batch, seq]; null for a model without the input.</summary>
    public string? TokenTypeIds { get; }

    /// <summary>int32 [batch, seq]</summary>
    public string KeyMask { get; }

    /// <summary>transformers' <c>hidden_states</c>, each [batch, seq, hidden]: embeddings, then the output of every layer.</summary>
    public IReadOnlyList<string> States => _states;

    /// <summary>In the order of the layers.</summary>
    public void AddState(string state) => _states.Add(state);

    /// <summary>x Wᵀ without its bias, which the next operator adds.</summary>
    /// <param name="node">Node prefix, e.g. <c>/model/layers.0/attn/q_proj</c>.</param>
    /// <param name="module">Module of the checkpoint, e.g. <c>model.encoder.layer.0.attention.self.query</c>.</param>
    /// <returns>[batch, seq, out]</returns>
    public string Linear(string node, string module, string x, int inFeatures, int outFeatures) =>
        _linear.Multiply(node, module, x, inFeatures, outFeatures);

    /// <summary>A bias, or the weight of a norm; or of a table the only row.</summary>
    /// <param name="stored">Its shape in the checkpoint.</param>
    public string Vector(string name, OnnxType type, params ReadOnlySpan<long> stored) =>
        Graph.Initializer(name, type, [stored[^1]], Weights.Take(name, name, stored).To(type, name));

    /// <summary>A table whose rows are looked up, in the type of the residual stream.</summary>
    public string Table(string name, int rows)
    {
        long[] shape = [rows, Config.HiddenSize];
        return Graph.Initializer(name, Format.Residual, shape, Weights.Take(name, name, shape).To(Format.Residual, name));
    }

    /// <summary>The activation of config.json.</summary>
    /// <param name="bias">Added before it; null for none.</param>
    public string Activate(string node, string x, string? bias = null)
    {
        if (Config.Activation == "gelu" && bias is not null)
            return Graph.BiasGelu(node + "/BiasGelu", x, bias);
        x = bias is null ? x : Graph.Add(node + "/Add", x, bias);
        return Activations.Add(Graph, Config.Activation, node, x);
    }

    /// <summary>Casts what enters a matrix product; nothing where the residual stream has its type.</summary>
    public string ToActivations(string node, string x) =>
        Format.Activations == Format.Residual ? x : Graph.Cast(node + "/Cast", x, Format.Activations);

    /// <summary>Casts what enters a norm or the residual stream; nothing where a matrix product gives its type.</summary>
    public string ToResidual(string node, string x) =>
        Format.Activations == Format.Residual ? x : Graph.Cast(node + "/Cast", x, Format.Residual);

    private string AddInput(string name) => Graph.Input(name, OnnxType.Int64, "batch_size", "sequence_length");
}

/// <summary><c>hidden_act</c> of encoders, as transformers computes it (activations.py).</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Func<OnnxGraph, string, string, string>> ByName = new()
    {
        ["gelu"] = (graph, node, x) => graph.Gelu(node + "/Gelu", x),
        ["gelu_new"] = (graph, node, x) => graph.GeluTanh(node + "/Gelu", x),
        ["gelu_pytorch_tanh"] = (graph, node, x) => graph.GeluTanh(node + "/Gelu", x),
        ["relu"] = (graph, node, x) => graph.Relu(node + "/Relu", x),
        ["silu"] = (graph, node, x) => graph.Silu(node, x),
    };

    public static string Supported => string.Join(", ", ByName.Keys);

    public static bool IsSupported(string name) => ByName.ContainsKey(name);

    public static string Add(OnnxGraph graph, string name, string node, string x) => ByName[name](graph, node, x);
}
