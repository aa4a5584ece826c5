
namespace XlLoraOnnx.Exporter;

/// <summary>What a family says of itself beside its graph.</summary>
internal sealed record DecoderFamily
{
    /// <summary>As the manifest spells it.</summary>
    public required string Name { get; init; }
    /// <summary>The text part's <c>model_type</c>.</summary>
    public required string ModelType { get; init; }
    /// <summary><c>model.type</c> of genai_config.json.</summary>
    public required string GenAiType { get; init; }
    /// <summary>Residual stream and norms stay in float32 whatever the precision: in 16 bits they lose too much.</summary>
    public required bool Float32Residual { get; init; }
    /// <summary>Of its config class (transformers, models/…/configuration_….py).</summary>
    public required TokenDefaults Tokens { get; init; }
}

/// <summary>Builds every graph of a model over the same weights.</summary>
internal static class DecoderPlan
{
    private static readonly EmbeddingPooling[] None = [];

    /// <param name="window">Null for a family without one.</param>
    /// <param name="build">Adds everything from the token ids to the logits.</param>
    public static ModelPlan Make(
        DecoderFamily family, DecoderConfig config, TextWeights weights, WeightFormats formats, ExportOptions options,
        EmbeddingScale embeddingScale, AttentionWindow? window, Action<DecoderGraph> build)
    {
        var embedder = Embedder(family, config, options);
        foreach (var module in embedder is null ? SentenceModules.DenseFolders(Path.GetDirectoryName(config.Path)!) : [])
            weights.DropAll(module + ".", "Dense of sentence-transformers: it makes vectors, and this export generates text");
        var tied = embedder is null && DecoderHead.IsTied(config, weights);
        var contextLength = embedder?.MaxSequenceLength
            ?? ContextLengths.Choose(options.ContextLength, config.MaxPositionEmbeddings, config.Path);
        var activations = options.Precision.ActivationType();
        var format = new NumberFormat(activations, family.Float32Residual ? OnnxType.Float : activations);
        var graphs = new Dictionary<string, OnnxGraph>();
        (IReadOnlyList<LoraSlot> slots, IReadOnlyList<CacheEntry> caches) = ([], []);
        // on CUDA, for which other types are, nothing rolls yet
        var rolls = window is { Layers.Count: > 0 } && activations == OnnxType.Float;
        var ofGenerator = GraphChoice.OfDecoder(options.Roles).Where(r => rolls || !GraphRoles.IsRolling(r));
        foreach (var role in options.ForTraining ? [DecoderGraph.Training] : embedder is null ? ofGenerator : [GraphRoles.Embedding])
        {
            var decoder = new DecoderGraph(config, weights, formats, format, role, contextLength, window, tied, embedder);
            build(decoder);
            decoder.AddCacheOutputs();
            graphs.Add(role, decoder.Graph);
            if (role is GraphRoles.Lora or GraphRoles.Embedding or DecoderGraph.Training)
                (slots, caches) = (decoder.LoraSlots, decoder.Caches);
        }
        foreach (var role in options.Fusion is null ? [] : (string[])[GraphRoles.Hidden, .. GraphRoles.OfFusion])
        {
            // the source pass has no adapter
            var fusion = role == GraphRoles.Hidden ? null : options.Fusion;
            var decoder = new DecoderGraph(config, weights, formats, format, role, contextLength, window, tied, fusion: fusion);
            build(decoder);
            fusion?.Verify();
            decoder.AddCacheOutputs();
            graphs.Add(role, decoder.Graph);
        }
        weights.Verify();
        return new ModelPlan
        {
            Family = family.Name,
            ModelType = family.ModelType,
            GenAiType = family.GenAiType,
            Precision = options.Precision,
            Graphs = graphs,
            Dimensions = Dimensions(config, contextLength, window, weights.Parameters),
            EmbeddingScale = embeddingScale,
            Caches = caches,
            LoraSlots = slots,
            Tokens = family.Tokens,
            Notices = embedder is null && config.TieWordEmbeddings && !tied ? [DecoderHead.Notice] : [],
            Encoder = embedder is null ? null : embedder with { EmbeddingScale = embeddingScale },
        };
    }

    /// <summary>Null where the model is to generate text, which it is unless a pooling is asked for.</summary>
    private static EncoderFacts? Embedder(DecoderFamily family, DecoderConfig config, ExportOptions options)
    {
        if (options.Pooling is null && !options.VectorsAlone && !config.IsBidirectional)
            return options.Normalize is null ? null : throw new ArgumentException(
                $"'{config.Path}' is of a model that generates text; only vectors are normalised. Give --pooling last or mean as well.");
        // the first token of a causal model has seen nothing but itself
        EmbeddingPooling[] supported = [EmbeddingPooling.Last, EmbeddingPooling.Mean, EmbeddingPooling.Max,
            EmbeddingPooling.WeightedMean, EmbeddingPooling.MeanSqrtLen, .. config.IsBidirectional ? [EmbeddingPooling.Cls] : None];
        var file = ConfigReader.Open(config.Path);
        var facts = EmbeddingChoice.Choose(options, config.Path, supported, config.MaxPositionEmbeddings, config.HiddenSize);
        if (facts.PoolingSource == EmbeddingChoice.Default)
            throw new NotSupportedException(
                $"'{config.Path}' is of a model that gives vectors alone{Why(file, config)}. Say how to pool them: "
                + "--pooling last or mean.");
        return facts with
        {
            PadTokenId = GenerationConfig.Read(
                Path.GetDirectoryName(config.Path)!, file, config.VocabSize, family.Tokens).PadTokenId,
        };
    }

    private static string Why(ConfigReader file, DecoderConfig config)
    {
        if (!config.IsBidirectional)
            return "";
        var text = file.OptionalObject("text_config") ?? file;
        var field = text.Bool("is_causal", true) ? "use_bidirectional_attention" : "is_causal";
        return $" and generates no text: its attention goes both ways ({text.Describe(field)})";
    }

    private static ModelDimensions Dimensions(DecoderConfig config, int contextLength, AttentionWindow? window, long parameters) => new()
    {
        VocabSize = config.VocabSize,
        HiddenSize = config.HiddenSize,
        IntermediateSize = config.IntermediateSize,
        NumHiddenLayers = config.NumHiddenLayers,
        NumAttentionHeads = config.NumAttentionHeads,
        NumKeyValueHeads = config.NumKeyValueHeads,
        HeadDim = config.HeadDim,
        SlidingWindow = window is { Layers.Count: > 0 } ? window.Positions : null,
        ContextLength = contextLength,
        Parameters = parameters,
    };
}

/// <summary>The factor on the embeddings of the Gemmas.</summary>
internal static class EmbeddingScales
{
    public static EmbeddingScale Choose(ExportOptions options, DecoderConfig config)
    {
        var exact = (float)Math.Sqrt(config.HiddenSize);
        var rounded = options.EmbeddingScale switch
        {
            EmbeddingScaleMode.Auto => options.Precision != ExportPrecision.Fp32 && config.IsBFloat16,
            var mode => mode == EmbeddingScaleMode.Bf16,
        };
        return rounded ? new EmbeddingScale(FloatNarrowing.RoundToBFloat16(exact), "bf16") : new EmbeddingScale(exact, "exact");
    }
}
