
namespace XlLoraOnnx.Exporter;

/// <summary>What an encoder family says of itself beside its graph.</summary>
internal sealed record EncoderFamily
{
    /// <summary>As the manifest spells it.</summary>
    public required string Name { get; init; }
    /// <summary>Module of the word embeddings.</summary>
    public required string Table { get; init; }
    /// <summary>The residual stream stays in float32 whatever the precision: without a norm after each sum it may leave float16.</summary>
    public required bool Float32Residual { get; init; }
}

/// <summary>Builds every graph of an encoder over the same weights.</summary>
internal static class EncoderPlan
{
    // what a checkpoint holds beside the encoder, by the names of transformers, and of SimCSE and XL-LoRA training
    private static readonly (string Prefix, string Reason)[] Heads =
    [
        ("lm_head.", "language model head: vectors do not use it"),
        ("cls.", "pre-training head: vectors do not use it"),
        ("head.", "pre-training head: vectors do not use it"),
        ("decoder.", "pre-training head: vectors do not use it"),
        ("model.pooler.", "pooler of the pre-training head: poolings read the hidden states"),
        ("vocab_transform.", "pre-training head: vectors do not use it"),
        ("vocab_layer_norm.", "pre-training head: vectors do not use it"),
        ("vocab_projector.", "pre-training head: vectors do not use it"),
        ("mlp.", "head of the contrastive training, which evaluation leaves out"),
        ("model.embeddings.position_ids", "buffer that counts positions"),
        ("model.embeddings.token_type_ids", "buffer of zeros"),
    ];

    /// <param name="slidingWindow">For the manifest; null for a family without one.</param>
    /// <param name="build">Adds everything from the token ids to last_hidden_state, and returns that.</param>
    public static ModelPlan Make(EncoderFamily family, EncoderConfig config, ConfigReader file, TextWeights weights, WeightFormats formats,
        ExportOptions options, bool hasTokenTypeIds, int? slidingWindow, Func<EncoderGraph, string> build)
    {
        foreach (var (prefix, reason) in Heads)
            weights.DropAll(prefix, reason);
        var supported = Enum.GetValues<EmbeddingPooling>();
        var facts = EmbeddingChoice.Choose(options, config.Path, supported, config.Positions, config.HiddenSize) with
        {
            HasTokenTypeIds = hasTokenTypeIds,
            PadTokenId = config.PadTokenId,
        };
        var activations = options.Precision.ActivationType();
        var format = new NumberFormat(activations, family.Float32Residual ? OnnxType.Float : activations);
        var graphs = new Dictionary<string, OnnxGraph>();
        foreach (var role in GraphChoice.OfEncoder(options.Roles))
        {
            var encoder = new EncoderGraph(config, weights, formats, format, facts, role, family.Table);
            EmbeddingOutputs.Add(encoder, build(encoder));
            graphs.Add(role, encoder.Graph);
        }
        foreach (var role in options.Fusion is null ? [] : GraphRoles.OfFusion)
        {
            var encoder = new EncoderGraph(config, weights, formats, format, facts, role, family.Table, options.Fusion);
            FlareOutputs.Add(encoder, options.Fusion!, build(encoder));
            options.Fusion!.Verify();
            graphs.Add(role, encoder.Graph);
        }
        weights.Verify();
        return new ModelPlan
        {
            Family = family.Name,
            ModelType = file.OptionalString("model_type") ?? family.Name,
            Precision = options.Precision,
            Graphs = graphs,
            Dimensions = Dimensions(config, facts.MaxSequenceLength, slidingWindow, weights.Parameters),
            LoraSlots = [],
            Encoder = facts,
        };
    }

    private static ModelDimensions Dimensions(EncoderConfig config, int contextLength, int? slidingWindow, long parameters) => new()
    {
        VocabSize = config.VocabSize,
        HiddenSize = config.HiddenSize,
        IntermediateSize = config.IntermediateSize,
        NumHiddenLayers = config.NumHiddenLayers,
        NumAttentionHeads = config.NumAttentionHeads,
        NumKeyValueHeads = config.NumAttentionHeads,
        HeadDim = config.HeadDim,
        SlidingWindow = slidingWindow,
        ContextLength = contextLength,
        Parameters = parameters,
    };
}
