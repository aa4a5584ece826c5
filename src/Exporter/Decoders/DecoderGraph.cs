
namespace XlLoraOnnx.Exporter;

/// <summary>One graph of a decoder under construction: its inputs, and what all of its layers need to know.</summary>
internal sealed class DecoderGraph
{
    /// <summary>
    /// The role of a graph that is differentiated, and in no model folder: attention is written out, whole texts go through it, it takes
    /// one adapter and gives the logits that are asked for.
    /// </summary>
    public const string Training = "training";

    private readonly int _contextLength;
    private readonly AttentionWindow? _window;
    private readonly AttentionMask? _mask;
    private readonly FusionLinears? _fusion;
    private readonly List<LoraSlot> _slots = [];
    private readonly List<string> _states = [];

    /// <param name="formats">In which each weight is stored.</param>
    /// <param name="format">Of what is computed.</param>
    /// <param name="contextLength">Rows of the rotary caches.</param>
    /// <param name="window">Null where every layer attends to everything before it.</param>
    /// <param name="tied">Whether the embedding serves as the head.</param>
    /// <param name="embedder">For a graph that gives vectors; null for logits.</param>
    /// <param name="fusion">Of a graph that reads two languages at once; null for any other.</param>
    public DecoderGraph(DecoderConfig config, TextWeights weights, WeightFormats formats, NumberFormat format, string role,
        int contextLength, AttentionWindow? window, bool tied, EncoderFacts? embedder = null, FlareShape? fusion = null)
    {
        (Config, Weights, Format, Role, _contextLength, _window, Embedder) =
            (config, weights, format, role, contextLength, window, embedder);
        LinearWeights = new LinearWeights(Graph, weights, formats, format.Activations);
        // without a bank the mask is a one that leaves everything as it is
        var bank = GraphRoles.TakesBank(role)
            ? Graph.OptionalOnes("lora_mask", format.Activations, "batch_size", 1, "bank_rank")
            : null;
        _fusion = fusion is null ? null : new FusionLinears(Graph, format.Activations, fusion, config.HiddenSize);
        Linear = new LoraLinear(
            Graph, LinearWeights, format.Activations, GraphRoles.TakesAdapters(role) && !ReadsTwoLanguages, _slots, bank, _fusion);
        Tokens = new TokenTable(Graph, weights, formats, format.Activations, config.VocabSize, config.HiddenSize, tied);
        InputIds = Graph.Input("input_ids", OnnxType.Int64, "batch_size", "sequence_length");
        if (GraphRoles.IsContinuous(role))
            _mask = Exporter.AttentionMask.OfLengths(Graph);
        else if (AddMaskInput() is var mask && !IsWrittenOut)
            _mask = Exporter.AttentionMask.Add(Graph, mask);
        if (GraphRoles.IsContinuous(role) || role == Training)
            LogitsIndices = Graph.Input("logits_indices", OnnxType.Int64, "logits_rows");
        Caches = [.. Enumerable.Range(0, HasCaches ? config.NumHiddenLayers : 0).Select(layer =>
            CacheEntry.OfSelfAttention(layer, config.NumKeyValueHeads, HeadWidth, WindowOf(layer)))];
        foreach (var cache in Caches)
        {
            AddCacheInput(cache, cache.KeyInput);
            AddCacheInput(cache, cache.ValueInput);
        }
    }

    public OnnxGraph Graph { get; } = new();

    public DecoderConfig Config { get; }

    public TextWeights Weights { get; }

    public NumberFormat Format { get; }

    /// <summary>Of <see cref="GraphRoles.OfDecoder"/>, or <see cref="GraphRoles.Embedding"/>.</summary>
    public string Role { get; }

    public LinearWeights LinearWeights { get; }

    public LoraLinear Linear { get; }

    public TokenTable Tokens { get; }

    /// <summary>In graph order.</summary>
    public IReadOnlyList<LoraSlot> LoraSlots => _slots;

    /// <summary>[batch, seq]</summary>
    public string InputIds { get; }

    /// <summary>int64 [batch, seq and what was before]; null where lengths are inputs.</summary>
    public string? AttentionMask { get; private set; }

    /// <summary>int64 [batch, seq]: numbers of what goes through the model together; null where nothing hangs on it, or where what was
    /// before is in caches.</summary>
    public string? Segments => HasCaches ? null : _fusion?.Segments;

    /// <summary>For the fused operator.</summary>
    public AttentionMask Mask => _mask ?? throw new InvalidOperationException("Attention that goes both ways has a mask of its own.");

    /// <summary>int64 [n]: tokens of [batch · seq] whose logits are wanted; null where it is the last of each row, or all.</summary>
    public string? LogitsIndices { get; }

    /// <summary>Null for a graph that gives logits.</summary>
    public EncoderFacts? Embedder { get; }

    /// <summary>Whether the graph continues from what was before: a vector is made of a whole text.</summary>
    public bool HasCaches => Embedder is null && Role != Training && (!ReadsTwoLanguages || Role == GraphRoles.Fusion);

    /// <summary>Whether the graph is of FLARE: texts that go through it are padded on the left.</summary>
    public bool ReadsTwoLanguages => GraphRoles.ReadsTwoLanguages(Role);

    /// <summary>transformers' <c>hidden_states</c> but for the last, each [batch, seq, hidden]: the input of every layer.</summary>
    public IReadOnlyList<string> States => _states;

    /// <summary>In the order of the layers.</summary>
    public void AddState(string state) => _states.Add(state);

    /// <summary>Numbers of a head where the fused operator sees it, and of a cache.</summary>
    public int HeadWidth => IsWrittenOut ? Config.HeadDim : HeadWidths.OfOperator(Config.HeadDim);

    /// <summary>One for each layer, in their order; none where the graph has none.</summary>
    public IReadOnlyList<CacheEntry> Caches { get; }

    private bool IsWrittenOut => Config.IsBidirectional || Role == Training || ReadsTwoLanguages;

    /// <summary>Positions that a query sees, itself included; null for all.</summary>
    public int? WindowOf(int layer) => _window is { } window && window.Layers.Contains(layer) ? window.Positions : null;

    /// <summary>The keys that a query of a layer sees, where attention is written out; null where the fused operator computes it.</summary>
    public VisibleKeys? Visible(int layer)
    {
        if (!IsWrittenOut)
            return null;
        if (!Config.IsBidirectional)
            return new VisibleKeys(WindowOf(layer) - 1, 0);
        var reach = WindowOf(layer) / 2;
        return new VisibleKeys(reach, reach);
    }

    /// <summary>Whether a layer keeps no more than its window: a cache that is at least as long, whatever the row.</summary>
    public bool Rolls(int layer) => GraphRoles.IsRolling(Role) && WindowOf(layer) is not null;

    /// <param name="suffix">Of the initializers, for models with several.</param>
    public (string Cos, string Sin) AddRotaryCache(string suffix, RotaryScaling scaling)
    {
        var cache = new RotaryCache(_contextLength, Config.HeadDim, scaling.Theta, scaling.Factor, scaling.Llama3)
        {
            Columns = HeadWidth / 2,
        };
        // of one name are the same bytes, and the other graphs of the folder may have wider heads
        if (ReadsTwoLanguages && HeadWidth != HeadWidths.OfOperator(Config.HeadDim))
            suffix += ".narrow";
        return (Add("cos_cache" + suffix, cache.Cos), Add("sin_cache" + suffix, cache.Sin));

        string Add(string name, TensorSource source) => Graph.Initializer(
            name, Format.Activations, [_contextLength, HeadWidth / 2], source.To(Format.Activations, name));
    }

    /// <summary>Casts what enters a matrix product; nothing where the residual stream has its type.</summary>
    /// <param name="node">Prefix of the Cast node.</param>
    public string ToActivations(string node, string x) =>
        Format.Activations == Format.Residual ? x : Graph.Cast(node + "/Cast", x, Format.Activations);

    /// <summary>Casts what enters a norm or the residual stream; nothing where a matrix product gives its type.</summary>
    /// <param name="node">Prefix of the Cast node.</param>
    public string ToResidual(string node, string x) =>
        Format.Activations == Format.Residual ? x : Graph.Cast(node + "/Cast", x, Format.Residual);

    /// <summary>After the logits, as the last outputs.</summary>
    public void AddCacheOutputs()
    {
        foreach (var cache in Caches)
        {
            Add(cache, cache.KeyOutput!);
            Add(cache, cache.ValueOutput!);
        }

        void Add(CacheEntry cache, string name) => Graph.Output(
            name, Format.Activations, "batch_size", cache.Heads, CacheLength(cache.Layer, "total_sequence_length"), cache.HeadDim);
    }

    private string AddMaskInput() => AttentionMask = Graph.Input(
        "attention_mask", OnnxType.Int64, "batch_size", HasCaches ? "total_sequence_length" : "sequence_length");

    /// <summary>
    /// Caches that are used in place have one length before and after, and it may be another in each layer. Its name tells who loads the
    /// graph which of them roll.
    /// </summary>
    private string CacheLength(int layer, string ofWholeText) =>
        Rolls(layer) ? $"rolling_capacity.{layer}" : GraphRoles.IsContinuous(Role) ? $"capacity.{layer}" : ofWholeText;

    private void AddCacheInput(CacheEntry cache, string name) => Graph.Input(
        name, Format.Activations, "batch_size", cache.Heads, CacheLength(cache.Layer, "past_sequence_length"), cache.HeadDim);
}
