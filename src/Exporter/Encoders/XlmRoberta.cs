namespace XlLoraOnnx.Exporter;

/// <summary>
/// An XLM-RoBERTa or RoBERTa config.json. Absent fields take the defaults of <c>XLMRobertaConfig</c> (transformers,
/// models/xlm_roberta/configuration_xlm_roberta.py).
/// </summary>
internal sealed record XlmRobertaConfig : EncoderConfig
{
    private static readonly EncoderDefaults Defaults = new() { VocabSize = 30522, PadTokenId = 1 };

    public XlmRobertaConfig(ConfigReader config)
        : base(config, Defaults)
    {
        var refusals = new ConfigRefusals("RoBERTa");
        refusals.Refuse(EncoderFields.Bert, config);
        refusals.CheckEncoder(this, config, "hidden_act");
        refusals.Refuse(config.PositiveInt("type_vocab_size", 2) != 1, config, "type_vocab_size",
            "RoBERTa is exported with one token type");
        refusals.Refuse(Positions < 1, config, "max_position_embeddings", $"positions begin at pad_token_id + 1, {PadTokenId + 1}");
        refusals.ThrowIfAny();
    }

    /// <summary>The table begins with rows that no token has.</summary>
    public override int Positions => MaxPositionEmbeddings - PadTokenId - 1;
}

/// <summary>
/// XLM-RoBERTa (arXiv 1911.02116) and RoBERTa (arXiv 1907.11692; transformers, models/xlm_roberta/modeling_xlm_roberta.py): BERT with one
/// token type, and positions that begin at pad_token_id + 1 and leave out padding.
/// </summary>
internal static class XlmRoberta
{
    private static readonly EncoderFamily Family =
        new() { Name = "xlm-roberta", Table = "model.embeddings.word_embeddings", Float32Residual = false };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var roberta = new XlmRobertaConfig(config);
        return EncoderPlan.Make(Family, roberta, config, weights, formats, options, hasTokenTypeIds: false, slidingWindow: null,
            encoder => Build(encoder, roberta));
    }

    private static string Build(EncoderGraph encoder, XlmRobertaConfig config)
    {
        var graph = encoder.Graph;
        var positions = graph.Gather("/model/embeddings/positions/Gather",
            encoder.Table("model.embeddings.position_embeddings.weight", config.MaxPositionEmbeddings),
            CountedPositions.Add(graph, "/model/embeddings/positions", encoder.InputIds, config.PadTokenId));
        var layers = new PostNormLayers(encoder, PostNormNames.Bert);
        return layers.AddAll(layers.AddEmbeddings(positions, hasOneType: true));
    }
}
