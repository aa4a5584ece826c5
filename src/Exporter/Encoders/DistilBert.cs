namespace XlLoraOnnx.Exporter;

/// <summary>
/// A DistilBERT config.json, which has names of its own. Absent fields take the defaults of <c>DistilBertConfig</c> (transformers,
/// models/distilbert/configuration_distilbert.py).
/// </summary>
internal sealed record DistilBertConfig : EncoderConfig
{
    private static readonly EncoderDefaults Defaults = new()
    {
        VocabSize = 30522,
        NumHiddenLayers = 6,
        PadTokenId = 0,
        HiddenSizeName = "dim",
        IntermediateSizeName = "hidden_dim",
        LayersName = "n_layers",
        HeadsName = "n_heads",
        EpsName = null,
        ActivationName = "activation",
    };

    public DistilBertConfig(ConfigReader config)
        : base(config, Defaults)
    {
        var refusals = new ConfigRefusals("DistilBERT");
        refusals.Refuse(EncoderFields.DistilBert, config);
        refusals.CheckEncoder(this, config, "activation");
        // as for every family (ModelFamilies), under its own names
        refusals.Refuse(NumHiddenLayers > 1024, config, "n_layers", "up to 1024 layers are supported");
        refusals.Refuse(HiddenSize > 1 << 20, config, "dim", $"up to {1 << 20} is supported");
        refusals.ThrowIfAny();
    }

    public override int Positions => MaxPositionEmbeddings;
}

/// <summary>
/// DistilBERT (arXiv 1910.01108; transformers, models/distilbert/modeling_distilbert.py), distiluse among others: BERT without token types,
/// under names of its own. Its positions are a table even where they were sines once (<c>sinusoidal_pos_embds</c>).
/// </summary>
internal static class DistilBert
{
    private static readonly EncoderFamily Family =
        new() { Name = "distilbert", Table = "model.embeddings.word_embeddings", Float32Residual = false };

    private static readonly PostNormNames Names = new()
    {
        Layer = "model.transformer.layer.",
        Query = "attention.q_lin",
        Key = "attention.k_lin",
        Value = "attention.v_lin",
        Attended = "attention.out_lin",
        AttentionNorm = "sa_layer_norm",
        Up = "ffn.lin1",
        Down = "ffn.lin2",
        OutputNorm = "output_layer_norm",
    };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var distil = new DistilBertConfig(config);
        return EncoderPlan.Make(Family, distil, config, weights, formats, options, hasTokenTypeIds: false, slidingWindow: null, encoder =>
        {
            var layers = new PostNormLayers(encoder, Names);
            return layers.AddAll(layers.AddEmbeddings(Bert.Positions(encoder)));
        });
    }
}
