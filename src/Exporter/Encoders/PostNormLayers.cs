using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// The stack of BERT and RoBERTa: attention and MLP, each added to its input and normed afterwards (arXiv 1706.03762; transformers,
/// models/bert/modeling_bert.py).
/// </summary>
/// <param name="names">Of the modules in the checkpoint.</param>
internal sealed class PostNormLayers(EncoderGraph encoder, PostNormNames names)
{
    private readonly OnnxGraph _graph = encoder.Graph;
    private readonly int _hidden = encoder.Config.HiddenSize;

    /// <summary>Words, positions and types, normed.</summary>
    /// <param name="positions">Their embeddings, [batch, seq, hidden] or [seq, hidden].</param>
    /// <param name="types">Their embeddings, [batch, seq, hidden]; null where tokens have none to choose from.</param>
    /// <param name="hasOneType">Every token is of one type, whose embedding is there.</param>
    public string AddEmbeddings(string positions, string? types = null, bool hasOneType = false)
    {
        const string Module = "model.embeddings";
        const string Node = "/model/embeddings";
        var words = encoder.ToResidual("/model/embed_tokens", encoder.Tokens.Lookup(encoder.InputIds));   // [batch, seq, hidden]
        if (types is not null)
            words = _graph.Add(Node + "/types/Add", words, types);
        var bias = hasOneType ? encoder.Vector(Module + ".token_type_embeddings.weight", encoder.Format.Residual, 1, _hidden) : "";
        return AddNorm(Node + "/norm", Module + ".LayerNorm", words, positions, bias);
    }

    /// <summary>All layers, each state remembered.</summary>
    /// <param name="x">The embeddings.</param>
    /// <returns>last_hidden_state</returns>
    public string AddAll(string x)
    {
        encoder.AddState(x);
        for (var layer = 0; layer < encoder.Config.NumHiddenLayers; layer++)
        {
            var (node, module) = ($"/model/layers.{layer}", $"{names.Layer}{layer}.");
            x = AddNorm(node + "/attn/norm", module + names.AttentionNorm, Attend(node + "/attn", module, x), x,
                Bias(module + names.Attended, _hidden));
            x = AddNorm(node + "/mlp/norm", module + names.OutputNorm, Feed(node + "/mlp", module, x), x,
                Bias(module + names.Down, _hidden));
            encoder.AddState(x);
        }
        return x;
    }

    private string Attend(string node, string module, string x)
    {
        x = encoder.ToActivations(node, x);
        string Project(string name, string projection)
        {
            var y = encoder.Linear($"{node}/{name}", module + projection, x, _hidden, _hidden);
            return encoder.Fusion?.Add($"{node}/{name}", module + projection, x, y, _hidden, _hidden) ?? y;
        }
        var (q, k, v) = (Project("q_proj", names.Query), Project("k_proj", names.Key), Project("v_proj", names.Value));
        var bias = JoinedBias(node, module);
        var attended = _graph.MultiHeadAttention(
            node + "/MultiHeadAttention", q, k, v, bias, encoder.KeyMask, "", encoder.Config.NumAttentionHeads);
        return encoder.ToResidual(node + "/o_proj", encoder.Linear(node + "/o_proj", module + names.Attended, attended, _hidden, _hidden));
    }

    private string Feed(string node, string module, string x)
    {
        var intermediate = encoder.Config.IntermediateSize;
        x = encoder.Linear(node + "/up_proj", module + names.Up, encoder.ToActivations(node, x), _hidden, intermediate);
        x = encoder.Activate(node + "/act_fn", x,
            encoder.Vector(module + names.Up + ".bias", encoder.Format.Activations, intermediate));
        return encoder.ToResidual(node + "/down_proj",
            encoder.Linear(node + "/down_proj", module + names.Down, x, intermediate, _hidden));
    }

    private string AddNorm(string node, string module, string x, string skip, string bias)
    {
        var type = encoder.Format.Residual;
        var weight = encoder.Vector(module + ".weight", type, _hidden);
        var beta = encoder.Vector(module + ".bias", type, _hidden);
        return _graph.SkipLayerNorm(
            node + "/SkipLayerNorm", node + "/output_0", "", x, skip, weight, beta, bias, encoder.Config.LayerNormEps);
    }

    private string Bias(string module, int size) => encoder.Vector(module + ".bias", encoder.Format.Residual, size);

    /// <summary>Of queries, keys and values in one, as the fused attention takes it: [3 · hidden].</summary>
    private string JoinedBias(string node, string module)
    {
        var name = node[1..].Replace('/', '.') + ".qkv.bias";
        string[] projections = [names.Query, names.Key, names.Value];
        CheckpointTensor[] parts = [.. projections.Select(p => encoder.Weights.TakeRows($"{module}{p}.bias", [name], [_hidden]))];
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

/// <summary>What the modules of a layer are called.</summary>
internal sealed record PostNormNames
{
    /// <summary>Of BERT and RoBERTa.</summary>
    public static PostNormNames Bert { get; } = new()
    {
        Layer = "model.encoder.layer.",
        Query = "attention.self.query",
        Key = "attention.self.key",
        Value = "attention.self.value",
        Attended = "attention.output.dense",
        AttentionNorm = "attention.output.LayerNorm",
        Up = "intermediate.dense",
        Down = "output.dense",
        OutputNorm = "output.LayerNorm",
    };

    /// <summary>Before the number of a layer.</summary>
    public required string Layer { get; init; }
    public required string Query { get; init; }
    public required string Key { get; init; }
    public required string Value { get; init; }
    public required string Attended { get; init; }
    public required string AttentionNorm { get; init; }
    public required string Up { get; init; }
    public required string Down { get; init; }
    public required string OutputNorm { get; init; }
}
