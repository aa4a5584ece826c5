using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Gemma 3, text part (arXiv 2503.19786; transformers, models/gemma3/modeling_gemma3.py): five layers with a sliding window to one global
/// layer, RMS norms around attention and MLP, norms on queries and keys, two rotary caches. In float32.
/// </summary>
internal sealed class Gemma3
{
    private readonly Gemma3Config _config;
    private readonly TextWeights _weights;
    private readonly int _contextLength;
    private readonly OnnxGraph _graph = new();
    private readonly List<LoraSlot> _slots = [];
    private readonly LinearWeights _linearWeights;
    private readonly LoraLinear _linear;
    private readonly TokenTable _tokens;
    private readonly float _embeddingScale;

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, int? contextLength)
    {
        var gemma = Gemma3Config.Read(config);
        var model = new Gemma3(gemma, weights, formats, ContextLengths.Choose(contextLength, gemma.MaxPositionEmbeddings, config.Path));
        model.Build();
        weights.Verify();
        return new ModelPlan
        {
            Family = "gemma3",
            ModelType = "gemma3_text",
            GenAiType = "gemma3_text",
            Graph = model._graph,
            Dimensions = model.Dimensions(),
            EmbeddingScale = new EmbeddingScale(model._embeddingScale, "exact"),
            LoraSlots = model._slots,
        };
    }

    private Gemma3(Gemma3Config config, TextWeights weights, WeightFormats formats, int contextLength)
    {
        _config = config;
        _weights = weights;
        _contextLength = contextLength;
        _linearWeights = new LinearWeights(_graph, weights, formats);
        _linear = new LoraLinear(_graph, _linearWeights, _slots);
        _tokens = new TokenTable(_graph, weights, formats, config.VocabSize, config.HiddenSize, config.TieWordEmbeddings);
        _embeddingScale = (float)Math.Sqrt(config.HiddenSize);
    }

    private void Build()
    {
        var inputIds = _graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        var attentionMask = _graph.Input("attention_mask", OnnxType.Int64, "batch_size", "total_sequence_length");
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
            AddCacheInputs(layer);
        var mask = AttentionMask.Add(_graph, attentionMask);
        var global = AddRotaryCache("global", _config.GlobalRotary);
        var local = AddRotaryCache("local", _config.LocalRotary);

        var embedded = _tokens.Lookup(inputIds);
        var residual = _graph.Mul("/model/embed_tokens/Mul", embedded, _graph.Constant(_embeddingScale));   // [batch, seq, hidden]

        string? branch = null;
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
            (residual, branch) = AddLayer(layer, residual, branch, mask, _config.IsGlobal[layer] ? global : local);
        AddHead(residual, branch!, inputIds, mask);
        for (var layer = 0; layer < _config.NumHiddenLayers; layer++)
            AddCacheOutputs(layer);
    }

    /// <param name="branch">Output of the layer before, not yet added to the residual stream; null for the first layer.</param>
    private (string Residual, string Branch) AddLayer(
        int layer, string residual, string? branch, AttentionMask mask, (string Cos, string Sin) rotary)
    {
        string x;
        if (branch is null)
            x = AddNorm(layer, "input_layernorm", residual);
        else
            (x, residual) = AddSkipNorm(layer, "input_layernorm", residual, branch);
        var attended = AddAttention(layer, x, mask, rotary);
        var afterAttention = AddNorm(layer, "post_attention_layernorm", attended);
        (x, residual) = AddSkipNorm(layer, "pre_feedforward_layernorm", residual, afterAttention);
        var fed = AddMlp(layer, x);
        return (residual, AddNorm(layer, "post_feedforward_layernorm", fed));
    }

    private string AddAttention(int layer, string x, AttentionMask mask, (string Cos, string Sin) rotary)
    {
        var (node, module) = ($"/model/layers.{layer}/attn", $"model.layers.{layer}.self_attn");
        var (hidden, headDim) = (_config.HiddenSize, _config.HeadDim);
        var (queryDim, keyValueDim) = (_config.NumAttentionHeads * headDim, _config.NumKeyValueHeads * headDim);

        var q = _linear.Add(node + "/q_proj", module + ".q_proj", x, hidden, queryDim);           // [batch, seq, heads * head_dim]
        var k = _linear.Add(node + "/k_proj", module + ".k_proj", x, hidden, keyValueDim);        // [batch, seq, kv_heads * head_dim]
        var v = _linear.Add(node + "/v_proj", module + ".v_proj", x, hidden, keyValueDim);
        q = AddHeadNorm(node + "/q_norm", module + ".q_norm", q, queryDim);
        k = AddHeadNorm(node + "/k_norm", module + ".k_norm", k, keyValueDim);
        var inputs = new GroupQueryAttentionInputs(q, k, v, $"past_key_values.{layer}.key", $"past_key_values.{layer}.value",
            mask.LastPosition, mask.TotalLength, rotary.Cos, rotary.Sin);
        var scale = (float)Math.Pow(_config.QueryPreAttnScalar, -0.5);
        var window = _config.IsGlobal[layer] ? -1 : _config.SlidingWindow;
        var attended = _graph.GroupQueryAttention(node + "/GroupQueryAttention", inputs,
            $"present.{layer}.key", $"present.{layer}.value", _config.NumAttentionHeads, _config.NumKeyValueHeads, scale, window);
        return _linear.Add(node + "/o_proj", module + ".o_proj", attended, queryDim, hidden);
    }

    /// <summary>RMS norm over each head.</summary>
    private string AddHeadNorm(string node, string module, string x, int width)
    {
        var weight = AddNormWeight(module + ".weight", node[1..].Replace('/', '.') + ".layernorm.weight", _config.HeadDim);
        var heads = _graph.Reshape(node + "/Reshape_1", x, 0, -1, _config.HeadDim);               // [batch, seq * heads, head_dim]
        const string Op = "/SimplifiedLayerNormalization";
        var normed = _graph.RmsNorm(node + Op, node + Op + "/output_0", heads, weight, _config.RmsNormEps);
        return _graph.Reshape(node + "/Reshape_2", normed, 0, -1, width);                         // [batch, seq, heads * head_dim]
    }

    private string AddMlp(int layer, string x)
    {
        var (node, module) = ($"/model/layers.{layer}/mlp", $"model.layers.{layer}.mlp");
        var (hidden, intermediate) = (_config.HiddenSize, _config.IntermediateSize);
        var gate = _linear.Add(node + "/gate_proj", module + ".gate_proj", x, hidden, intermediate);
        var up = _linear.Add(node + "/up_proj", module + ".up_proj", x, hidden, intermediate);    // [batch, seq, intermediate]
        var activated = _graph.GeluTanh(node + "/act_fn/Gelu", gate);
        var product = _graph.Mul(node + "/Mul", activated, up);
        return _linear.Add(node + "/down_proj", module + ".down_proj", product, intermediate, hidden);
    }

    private void AddHead(string residual, string branch, string inputIds, AttentionMask mask)
    {
        var last = $"layers.{_config.NumHiddenLayers}/final_norm_layernorm";
        var weight = AddNormWeight("model.norm.weight", "model." + last.Replace('/', '.') + ".weight", _config.HiddenSize);
        var hidden = _graph.SkipRmsNorm(
            $"/model/{last}/SkipLayerNorm", $"/model/{last}/output_0", "", residual, branch, weight, _config.RmsNormEps);
        var row = LastTokenLogits.Select(_graph, hidden, inputIds, mask);                         // [batch, 1, hidden]
        var logits = _tokens.Logits(_linearWeights, row, "logits");
        _graph.Output(logits, OnnxType.Float, "batch_size", 1, _config.VocabSize);
    }

    private string AddNorm(int layer, string norm, string x)
    {
        var weight = AddNormWeight($"model.layers.{layer}.{norm}.weight", $"model.layers.{layer}.{norm}.weight", _config.HiddenSize);
        var node = $"/model/layers.{layer}/{norm}";
        return _graph.RmsNorm(node + "/LayerNorm", node + "/output_0", x, weight, _config.RmsNormEps);
    }

    /// <summary>Adds the branch to the residual stream and norms the sum.</summary>
    private (string Normed, string Residual) AddSkipNorm(int layer, string norm, string residual, string branch)
    {
        var weight = AddNormWeight($"model.layers.{layer}.{norm}.weight", $"model.layers.{layer}.{norm}.weight", _config.HiddenSize);
        var node = $"/model/layers.{layer}/{norm}";
        var sum = node + "/output_3";
        return (_graph.SkipRmsNorm(node + "/SkipLayerNorm", node + "/output_0", sum, residual, branch, weight, _config.RmsNormEps), sum);
    }

    /// <summary>Gemma stores norm weights as their distance from 1; 1 + w is computed in float32.</summary>
    private string AddNormWeight(string name, string initializer, int size) =>
        _graph.Initializer(initializer, OnnxType.Float, [size], _weights.Take(name, initializer, [size], addend: 1));

    private (string Cos, string Sin) AddRotaryCache(string kind, RotaryScaling scaling)
    {
        var cache = new RotaryCache(_contextLength, _config.HeadDim, scaling.Theta, scaling.Factor);
        long[] shape = [_contextLength, _config.HeadDim / 2];
        return (_graph.Initializer($"cos_cache_{kind}", OnnxType.Float, shape, cache.Cos),
            _graph.Initializer($"sin_cache_{kind}", OnnxType.Float, shape, cache.Sin));
    }

    private void AddCacheInputs(int layer)
    {
        foreach (var part in (string[])["key", "value"])
            _graph.Input($"past_key_values.{layer}.{part}", OnnxType.Float,
                "batch_size", _config.NumKeyValueHeads, "past_sequence_length", _config.HeadDim);
    }

    private void AddCacheOutputs(int layer)
    {
        foreach (var part in (string[])["key", "value"])
            _graph.Output($"present.{layer}.{part}", OnnxType.Float,
                "batch_size", _config.NumKeyValueHeads, "total_sequence_length", _config.HeadDim);
    }

    private ModelDimensions Dimensions() => new()
    {
        VocabSize = _config.VocabSize,
        HiddenSize = _config.HiddenSize,
        IntermediateSize = _config.IntermediateSize,
        NumHiddenLayers = _config.NumHiddenLayers,
        NumAttentionHeads = _config.NumAttentionHeads,
        NumKeyValueHeads = _config.NumKeyValueHeads,
        HeadDim = _config.HeadDim,
        SlidingWindow = _config.SlidingWindow,
        ContextLength = _contextLength,
        Parameters = _weights.Parameters,
    };
}
