namespace XlLoraOnnx.Exporter;

/// <summary>
/// A ModernBERT config.json, as transformers 4 and 5 write it. Absent fields take the defaults of <c>ModernBertConfig</c> (transformers,
/// models/modernbert/configuration_modernbert.py).
/// </summary>
internal sealed record ModernBertConfig : EncoderConfig
{
    private const string Activations = "hidden_activation";
    private const string Local = "local_rope_theta";

    private static readonly EncoderDefaults Defaults = new()
    {
        VocabSize = 50368,
        IntermediateSize = 1152,
        NumHiddenLayers = 22,
        MaxPositionEmbeddings = 8192,
        EpsName = "norm_eps",
        Eps = 1e-5,
        ActivationName = Activations,
        PadTokenId = 50283,
    };

    public ModernBertConfig(ConfigReader config)
        : base(config, Defaults)
    {
        var refusals = new ConfigRefusals("ModernBERT");
        refusals.Refuse(EncoderFields.ModernBert, config);
        refusals.CheckEncoder(this, config, Activations);
        refusals.Refuse(HeadDim % 2 != 0, config, "num_attention_heads", $"heads of {HeadDim} numbers cannot be rotated");
        LocalAttention = config.PositiveInt("local_attention", 128);
        // transformers 4 follows the one and transformers 5 the other
        refusals.Refuse(config.OptionalInt("sliding_window") is { } half && half != LocalAttention / 2, config, "sliding_window",
            $"local_attention is {LocalAttention}, half of which reaches to either side");
        refusals.ThrowIfAny();
        var every = config.PositiveInt("global_attn_every_n_layers", 3);
        IsGlobal = LayerTypes.ReadGlobal(config, NumHiddenLayers, i => i % every == 0);
        var global = config.PositiveNumber("global_rope_theta", 160000);
        GlobalRotary = ReadRotary(config, "full_attention", "global_rope_theta", global);
        // null for that of the global layers
        var local = config.Names.Contains(Local) && !config.Has(Local) ? global : 10000;
        LocalRotary = ReadRotary(config, "sliding_attention", Local, local);
    }

    /// <summary>Per layer: attends to everything, instead of to a window.</summary>
    public IReadOnlyList<bool> IsGlobal { get; }
    /// <summary>Width of the window: half of it to either side.</summary>
    public int LocalAttention { get; }
    public RotaryScaling GlobalRotary { get; }
    public RotaryScaling LocalRotary { get; }

    public override int Positions => MaxPositionEmbeddings;

    private static RotaryScaling ReadRotary(ConfigReader config, string layers, string setting, double theta) =>
        RotaryScaling.ReadLayers(config, layers, setting, theta) ?? new RotaryScaling(config.PositiveNumber(setting, theta), 1);
}

/// <summary>
/// ModernBERT (arXiv 2412.13663), mmBERT (arXiv 2509.06888; transformers, models/modernbert/modeling_modernbert.py): layer norms before
/// attention and MLP, none before the first attention; one global layer in three, the others see a window; a gated MLP.
/// </summary>
internal static class ModernBert
{
    private static readonly EncoderFamily Family =
        new() { Name = "modernbert", Table = "model.embeddings.tok_embeddings", Float32Residual = true };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var modern = new ModernBertConfig(config);
        return EncoderPlan.Make(Family, modern, config, weights, formats, options, hasTokenTypeIds: false, modern.LocalAttention,
            encoder => Build(encoder, modern));
    }

    private static string Build(EncoderGraph encoder, ModernBertConfig config)
    {
        var words = encoder.ToResidual("/model/embed_tokens", encoder.Tokens.Lookup(encoder.InputIds));   // [batch, seq, hidden]
        var residual = encoder.Graph.LayerNorm("/model/embeddings/norm/LayerNorm", "/model/embeddings/norm/output_0", words,
            encoder.Vector("model.embeddings.norm.weight", encoder.Format.Residual, config.HiddenSize), config.LayerNormEps);
        encoder.AddState(residual);
        var attention = new WindowedAttention(encoder, config);
        var x = residual;
        string? branch = null;
        for (var layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            var (node, module) = ($"/model/layers.{layer}", $"model.layers.{layer}");
            if (branch is not null)
            {
                (x, residual) = AddNorm(encoder, node + "/attn_norm", module + ".attn_norm", residual, branch);
                encoder.AddState(residual);
            }
            var attended = attention.Add(node + "/attn", module + ".attn", x, config.IsGlobal[layer]);
            (x, residual) = AddNorm(encoder, node + "/mlp_norm", module + ".mlp_norm", residual, attended);
            branch = Feed(encoder, node + "/mlp", module + ".mlp", x);
        }
        (x, residual) = AddNorm(encoder, "/model/final_norm", "model.final_norm", residual, branch!);
        // transformers' hidden_states end before the final norm and last_hidden_state after it
        encoder.AddState(residual);
        return x;
    }

    private static (string X, string Sum) AddNorm(EncoderGraph encoder, string node, string module, string residual, string branch)
    {
        var weight = encoder.Vector(module + ".weight", encoder.Format.Residual, encoder.Config.HiddenSize);
        var (normed, sum) = (node + "/output_0", node + "/output_3");
        encoder.Graph.SkipLayerNorm(node + "/SkipLayerNorm", normed, sum, residual, branch, weight, "", "", encoder.Config.LayerNormEps);
        return (normed, sum);
    }

    private static string Feed(EncoderGraph encoder, string node, string module, string x)
    {
        var (hidden, intermediate) = (encoder.Config.HiddenSize, encoder.Config.IntermediateSize);
        x = encoder.Linear(node + "/Wi", module + ".Wi", encoder.ToActivations(node, x), hidden, 2 * intermediate);
        var parts = encoder.Graph.Split(node + "/Split", x, 2);                                   // [batch, seq, intermediate] each
        var product = encoder.Graph.Mul(node + "/Mul", encoder.Activate(node + "/act_fn", parts[0]), parts[1]);
        return encoder.ToResidual(node + "/Wo", encoder.Linear(node + "/Wo", module + ".Wo", product, intermediate, hidden));
    }

    /// <summary>Attention with rotary positions, over everything or over a window around each token.</summary>
    private sealed class WindowedAttention
    {
        private readonly EncoderGraph _encoder;
        private readonly (string Cos, string Sin) _global;
        private readonly (string Cos, string Sin) _local;
        private readonly string _window;

        public WindowedAttention(EncoderGraph encoder, ModernBertConfig config)
        {
            _encoder = encoder;
            _global = AddCache("_global", config.GlobalRotary);
            _local = AddCache("_local", config.LocalRotary);
            _window = AddWindow(config.LocalAttention / 2);
        }

        public string Add(string node, string module, string x, bool isGlobal)
        {
            var (graph, config) = (_encoder.Graph, _encoder.Config);
            var (hidden, heads) = (config.HiddenSize, config.NumAttentionHeads);
            x = _encoder.Linear(node + "/Wqkv", module + ".Wqkv", _encoder.ToActivations(node, x), hidden, 3 * hidden);
            var parts = graph.Split(node + "/Split", x, 3);                                       // [batch, seq, heads * head_dim] each
            var (cos, sin) = isGlobal ? _global : _local;
            var q = graph.RotaryEmbedding(node + "/q_rotary/RotaryEmbedding", parts[0], cos, sin, heads);
            var k = graph.RotaryEmbedding(node + "/k_rotary/RotaryEmbedding", parts[1], cos, sin, heads);
            var attended = graph.MultiHeadAttention(
                node + "/MultiHeadAttention", q, k, parts[2], "", _encoder.KeyMask, isGlobal ? "" : _window, heads);
            return _encoder.ToResidual(node + "/Wo", _encoder.Linear(node + "/Wo", module + ".Wo", attended, hidden, hidden));
        }

        /// <summary>0 for keys at most so far away, and so little for the others that their share is 0.</summary>
        /// <returns>[1, 1, seq, seq]</returns>
        private string AddWindow(int reach)
        {
            const string Node = "/model/window";
            var graph = _encoder.Graph;
            var length = graph.Gather(Node + "/Gather", graph.Shape(Node + "/Shape", _encoder.InputIds), graph.Constant(1L));
            var positions = graph.Range(Node + "/Range", length);                                 // [seq]
            var distance = graph.Abs(Node + "/Abs", graph.Sub(Node + "/Sub",
                graph.Unsqueeze(Node + "/Unsqueeze", positions, 0), graph.Unsqueeze(Node + "/Unsqueeze_1", positions, 1)));
            var far = graph.Greater(Node + "/Greater", distance, graph.Constant((long)reach));    // [seq, seq]
            var bias = graph.Where(Node + "/Where", far, graph.Constant(-1e4f), graph.Constant(0f));
            bias = graph.Unsqueeze(Node + "/Unsqueeze_3", graph.Unsqueeze(Node + "/Unsqueeze_2", bias, 0), 0);
            return _encoder.Format.Activations == OnnxType.Float ? bias : graph.Cast(Node + "/Cast", bias, _encoder.Format.Activations);
        }

        private (string Cos, string Sin) AddCache(string suffix, RotaryScaling scaling)
        {
            var (rows, width, type) = (_encoder.Facts.MaxSequenceLength, _encoder.Config.HeadDim, _encoder.Format.Activations);
            var cache = new RotaryCache(rows, width, scaling.Theta, scaling.Factor, scaling.Llama3);
            return (Add("cos_cache" + suffix, cache.Cos), Add("sin_cache" + suffix, cache.Sin));

            string Add(string name, TensorSource source) =>
                _encoder.Graph.Initializer(name, type, [rows, width / 2], source.To(type, name));
        }
    }
}
