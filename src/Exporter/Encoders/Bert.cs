namespace XlLoraOnnx.Exporter;

/// <summary>
/// A BERT config.json. Absent fields take the defaults of <c>BertConfig</c> (transformers, models/bert/configuration_bert.py).
/// </summary>
internal sealed record BertConfig : EncoderConfig
{
    private static readonly EncoderDefaults Defaults = new() { VocabSize = 30522, PadTokenId = 0 };

    public BertConfig(ConfigReader config)
        : base(config, Defaults)
    {
        var refusals = new ConfigRefusals("BERT");
        refusals.Refuse(EncoderFields.Bert, config);
        refusals.CheckEncoder(this, config, "hidden_act");
        refusals.ThrowIfAny();
        TypeVocabSize = config.PositiveInt("type_vocab_size", 2);
    }

    public int TypeVocabSize { get; }

    public override int Positions => MaxPositionEmbeddings;
}

/// <summary>
/// BERT (arXiv 1810.04805; transformers, models/bert/modeling_bert.py), MiniLM among others: positions count from 0, every token has a
/// type.
/// </summary>
internal static class Bert
{
    private static readonly EncoderFamily Family =
        new() { Name = "bert", Table = "model.embeddings.word_embeddings", Float32Residual = false };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var bert = new BertConfig(config);
        return EncoderPlan.Make(Family, bert, config, weights, formats, options, hasTokenTypeIds: true, slidingWindow: null,
            encoder => Build(encoder, bert));
    }

    private static string Build(EncoderGraph encoder, BertConfig config)
    {
        var positions = Positions(encoder);
        var types = encoder.Graph.Gather("/model/embeddings/types/Gather",
            encoder.Table("model.embeddings.token_type_embeddings.weight", config.TypeVocabSize), encoder.TokenTypeIds!);
        var layers = new PostNormLayers(encoder, PostNormNames.Bert);
        return layers.AddAll(layers.AddEmbeddings(positions, types));
    }

    /// <summary>Of a table, counted from 0.</summary>
    /// <returns>[seq, hidden]</returns>
    public static string Positions(EncoderGraph encoder)
    {
        const string Node = "/model/embeddings";
        var graph = encoder.Graph;
        var length = graph.Gather(Node + "/Gather", graph.Shape(Node + "/Shape", encoder.InputIds), graph.Constant(1L));
        var indices = graph.Range(Node + "/Range", length);                                       // [seq]
        return graph.Gather(Node + "/positions/Gather",
            encoder.Table("model.embeddings.position_embeddings.weight", encoder.Config.MaxPositionEmbeddings), indices);
    }
}
