namespace XlLoraOnnx.Exporter;

/// <summary>
/// The encoder of M2M100 (arXiv 2010.11125; transformers, models/m2m_100/modeling_m2m_100.py): norm, attention in both directions, sum;
/// norm, MLP, sum; a norm at the end. And the keys and values that the decoder's cross attention makes of what it gives, once for a text.
/// </summary>
internal sealed class M2M100Encoder(M2M100Graph model)
{
    private const string Node = "/model/encoder";

    private readonly OnnxGraph _graph = model.Graph;
    private readonly M2M100Config _config = model.Config;
    private readonly List<string> _states = [];

    /// <summary>transformers' <c>hidden_states</c>, each [batch, seq, hidden]: embeddings, the sums after the layers, and last of all what
    /// is normed.</summary>
    public IReadOnlyList<string> States => _states;

    /// <param name="inputIds">int64 [batch, seq]</param>
    /// <param name="attentionMask">int64 [batch, seq]</param>
    /// <returns>last_hidden_state, [batch, seq, hidden], of the residual stream.</returns>
    public string Add(string inputIds, string attentionMask)
    {
        var (heads, hidden) = (_config.Encoder.Heads, _config.HiddenSize);
        var keyMask = _graph.Cast(Node + "/attn_mask/Cast", attentionMask, OnnxType.Int32);
        var x = model.Embed(Node, inputIds, CountedPositions.Add(_graph, Node + "/positions", inputIds, _config.PadTokenId));
        _states.Add(x);
        var normed = model.Norm(Node + "/layers.0/self_attn_layer_norm", "model.encoder.layers.0.self_attn_layer_norm", x);
        for (var layer = 0; layer < _config.Encoder.Layers; layer++)
        {
            var (node, module) = ($"{Node}/layers.{layer}", $"model.encoder.layers.{layer}");
            var input = model.ToActivations(node + "/self_attn", normed);
            string Project(string name) => model.Linear($"{node}/self_attn/{name}", $"{module}.self_attn.{name}", input, hidden, hidden);
            var attended = _graph.MultiHeadAttention(node + "/self_attn/MultiHeadAttention",
                Project("q_proj"), Project("k_proj"), Project("v_proj"), "", keyMask, "", heads);
            attended = model.Multiply(node + "/self_attn/out_proj", module + ".self_attn.out_proj", attended, hidden, hidden);
            (x, normed) = model.AddNorm(
                node + "/final_layer_norm", module + ".final_layer_norm", x, attended, module + ".self_attn.out_proj");
            var fed = model.Feed(node, module, normed, _config.Encoder.Intermediate);
            var (nextNode, next) = layer + 1 < _config.Encoder.Layers
                ? ($"{Node}/layers.{layer + 1}/self_attn_layer_norm", $"model.encoder.layers.{layer + 1}.self_attn_layer_norm")
                : (Node + "/layer_norm", "model.encoder.layer_norm");
            (x, normed) = model.AddNorm(nextNode, next, x, fed, module + ".fc2");
            _states.Add(layer + 1 < _config.Encoder.Layers ? x : normed);
        }
        return normed;
    }

    /// <summary>Keys and values of a decoder layer's cross attention.</summary>
    /// <param name="states">last_hidden_state.</param>
    /// <param name="output">Name of the keys or values; null for the usual one.</param>
    /// <returns>[batch, heads, seq, head_dim]</returns>
    public string Cross(int layer, string projection, string states, string? output = null)
    {
        var (node, module) = ($"/model/decoder/layers.{layer}/encoder_attn/{projection}", $"model.decoder.layers.{layer}.encoder_attn");
        var (heads, hidden) = (_config.Decoder.Heads, _config.HiddenSize);
        var x = model.Linear(node, $"{module}.{projection}", states, hidden, hidden);
        x = _graph.Reshape(node + "/Reshape", x, 0, -1, heads, hidden / heads);
        x = _graph.Transpose(node + "/Transpose", x, 0, 2, 1, 3);
        return output is null ? x : _graph.Identity(node + "/Identity", output, x);
    }
}
