namespace XlLoraOnnx.Exporter;

/// <summary>
/// The decoder of M2M100 (arXiv 2010.11125; transformers, models/m2m_100/modeling_m2m_100.py): as its encoder, causal, with attention to
/// what the encoder has read between attention and MLP.
/// </summary>
/// <param name="attend">Attention of a layer to the tokens so far: its number, queries, keys, values.</param>
/// <param name="source">What cross attention sees.</param>
internal sealed class M2M100Decoder(M2M100Graph model, Func<int, string, string, string, string> attend, CrossAttention source)
{
    private const string Node = "/model/decoder";

    private readonly M2M100Config _config = model.Config;

    /// <param name="ids">int64 [batch, seq]</param>
    /// <param name="positions">int64 [batch, seq], rows of the table.</param>
    /// <returns>last_hidden_state, [batch, seq, hidden], of the residual stream.</returns>
    public string Add(string ids, string positions)
    {
        var x = model.Embed(Node, ids, positions);
        var normed = model.Norm(Node + "/layers.0/self_attn_layer_norm", "model.decoder.layers.0.self_attn_layer_norm", x);
        for (var layer = 0; layer < _config.Decoder.Layers; layer++)
        {
            var (node, module) = ($"{Node}/layers.{layer}", $"model.decoder.layers.{layer}");
            (x, normed) = model.AddNorm(node + "/encoder_attn_layer_norm", module + ".encoder_attn_layer_norm", x,
                Attend(layer, node + "/self_attn", module + ".self_attn", normed), module + ".self_attn.out_proj");
            (x, normed) = model.AddNorm(node + "/final_layer_norm", module + ".final_layer_norm", x,
                Cross(layer, node + "/encoder_attn", module + ".encoder_attn", normed), module + ".encoder_attn.out_proj");
            var fed = model.Feed(node, module, normed, _config.Decoder.Intermediate);
            var (nextNode, next) = layer + 1 < _config.Decoder.Layers
                ? ($"{Node}/layers.{layer + 1}/self_attn_layer_norm", $"model.decoder.layers.{layer + 1}.self_attn_layer_norm")
                : (Node + "/layer_norm", "model.decoder.layer_norm");
            (x, normed) = model.AddNorm(nextNode, next, x, fed, module + ".fc2");
        }
        return normed;
    }

    private string Attend(int layer, string node, string module, string x)
    {
        x = model.ToActivations(node, x);
        var hidden = _config.HiddenSize;
        string Project(string name) => model.Linear($"{node}/{name}", $"{module}.{name}", x, hidden, hidden);
        var attended = attend(layer, Project("q_proj"), Project("k_proj"), Project("v_proj"));
        return model.Multiply(node + "/out_proj", module + ".out_proj", attended, hidden, hidden);
    }

    private string Cross(int layer, string node, string module, string x)
    {
        var hidden = _config.HiddenSize;
        var q = model.Linear(node + "/q_proj", module + ".q_proj", model.ToActivations(node, x), hidden, hidden);
        return model.Multiply(node + "/out_proj", module + ".out_proj", source.Add(layer, node, q), hidden, hidden);
    }
}
