namespace XlLoraOnnx.Exporter;

/// <summary>
/// Gemma 2 (arXiv 2408.00118; transformers, models/gemma2/modeling_gemma2.py): every other layer, the first among them, has a sliding
/// window; RMS norms around attention and MLP; softcaps on attention and on logits.
/// </summary>
internal static class Gemma2
{
    private static readonly DecoderFamily Family = new()
    {
        Name = "gemma2",
        ModelType = "gemma2",
        GenAiType = "gemma2",
        Float32Residual = true,
        Tokens = new TokenDefaults("Gemma2Config", BosTokenId: 2, EosTokenId: 1, PadTokenId: 0),
    };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var gemma = new Gemma2Config(config);
        var scale = EmbeddingScales.Choose(options, gemma);
        return DecoderPlan.Make(
            Family, gemma, weights, formats, options, scale, gemma.Window, decoder => Build(decoder, gemma, scale.Value));
    }

    private static void Build(DecoderGraph decoder, Gemma2Config config, float embeddingScale)
    {
        var rotary = decoder.AddRotaryCache("", config.Rotary);
        var scale = (float)Math.Pow(config.QueryPreAttnScalar, -0.5);
        var attention = new GroupedAttention(decoder, scale, config.AttentionSoftcap ?? 0);
        SandwichDecoder.Build(decoder, new RmsNorms(decoder, addend: 1), embeddingScale,
            (layer, x) => attention.Add(layer, x, rotary), config.FinalSoftcap);
    }
}
