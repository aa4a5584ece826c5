using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The stack of BERT and RoBERTa: attention and MLP, each added to its input and normed afterwards (arXiv 1706.03762; transformers,
/// models/bert/modeling_bert.py).
/// </summary>
internal sealed class PostNormLayers(EncoderGraph encoder)
{
    private static readonly string[] Projections = ["query", "key", "value"];

    private readonly OnnxGraph _graph = encoder.Graph;
    private readonly int _hidden = encoder.Config.HiddenSize;

    /// <summary>Words, positions and types, normed.</summary>
    /// <param name="positions">Their embeddings, [batch, seq, hidden] or [seq, hidden].</param>
    /// <param name="types">Their embeddings, [batch, seq, hidden]; null for one type of which every token is.</param>
    public string AddEmbeddings(string positions, string? types)
    {
        const string Module = "model.embeddings";
        const string Node = "/model/embeddings";
        var words = encoder.ToResidual("/model/embed_tokens", encoder.Tokens.Lookup(encoder.InputIds));   // [batch, seq, hidden]
        var bias = "";
        if (types is null)
            bias = encoder.Vector(Module + ".token_type_embeddings.weight", encoder.Format.Residual, 1, _hidden);
        else
            words = _graph.Add(Node + "/types/Add", words, types);
        return AddNorm(Node + "/norm", Module, words, positions, bias);
    }

    /// <summary>All layers, each state remembered.</summary>
    /// <param name="x">The embeddings.</param>
    /// <returns>last_hidden_state</returns>
    public string AddAll(string x)
    {
        encoder.AddState(x);
        for (var layer = 0; layer < encoder.Config.NumHiddenLayers; layer++)
        {
            var (node, module) = ($"/model/layers.{layer}", $"model.encoder.layer.{layer}");
            x = AddNorm(node + "/attn/norm", module + ".attention.output", Attend(node + "/attn", module + ".attention", x), x,
                Bias(module + ".attention.output.dense", _hidden));
            x = AddNorm(node + "/mlp/norm", module + ".output", Feed(node + "/mlp", module, x), x, Bias(module + ".output.dense", _hidden));
            encoder.AddState(x);
        }
        return x;
    }

    private string Attend(string node, string module, string x)
    {
        x = encoder.ToActivations(node, x);
        string Project(string name, string projection) =>
            encoder.Linear($"{node}/{name}", $"{module}.self.{projection}", x, _hidden, _hidden);
        var (q, k, v) = (Project("q_proj", "query"), Project("k_proj", "key"), Project("v_proj", "value"));
        var bias = JoinedBias(node, module + ".self");
        var attended = _graph.MultiHeadAttention(
            node + "/MultiHeadAttention", q, k, v, bias, encoder.KeyMask, "", encoder.Config.NumAttentionHeads);
        return encoder.ToResidual(node + "/o_proj", encoder.Linear(node + "/o_proj", module + ".output.dense", attended, _hidden, _hidden));
    }

    private string Feed(string node, string module, string x)
    {
        var intermediate = encoder.Config.IntermediateSize;
        x = encoder.Linear(node + "/up_proj", module + ".intermediate.dense", encoder.ToActivations(node, x), _hidden, intermediate);
        x = encoder.Activate(node + "/act_fn", x,
            encoder.Vector(module + ".intermediate.dense.bias", encoder.Format.Activations, intermediate));
        return encoder.ToResidual(node + "/down_proj",
            encoder.Linear(node + "/down_proj", module + ".output.dense", x, intermediate, _hidden));
    }

    private string AddNorm(string node, string module, string x, string skip, string bias)
    {
        var type = encoder.Format.Residual;
        var weight = encoder.Vector(module + ".LayerNorm.weight", type, _hidden);
        var beta = encoder.Vector(module + ".LayerNorm.bias", type, _hidden);
        return _graph.SkipLayerNorm(
            node + "/SkipLayerNorm", node + "/output_0", "", x, skip, weight, beta, bias, encoder.Config.LayerNormEps);
    }

    private string Bias(string module, int size) => encoder.Vector(module + ".bias", encoder.Format.Residual, size);

    /// <summary>Of queries, keys and values in one, as the fused attention takes it: [3 · hidden].</summary>
    private string JoinedBias(string node, string module)
    {
        var name = node[1..].Replace('/', '.') + ".qkv.bias";
        CheckpointTensor[] parts = [.. Projections.Select(p => encoder.Weights.TakeRows($"{module}.{p}.bias", [name], [_hidden]))];
        var source = new TensorSource(parts.Length, _hidden * sizeof(float), (firstRow, rows, destination) =>
        {
            var values = MemoryMarshal.Cast<byte, float>(destination);
            for (var row = 0; row < rows; row++)
                parts[firstRow + row].ReadRows(0, 1, values.Slice(row * _hidden, _hidden));
        });
        var type = encoder.Format.Activations;
        return _graph.Initializer(name, type, [parts.Length * _hidden], source.To(type, name));
    }
}
