namespace XlLoraOnnx.Exporter;

/// <summary>
/// Gemma 3, text part (arXiv 2503.19786; transformers, models/gemma3/modeling_gemma3.py): five layers with a sliding window to one global
/// layer, RMS norms around attention and MLP, norms on queries and keys, two rotary caches.
/// </summary>
internal static class Gemma3
{
    private static readonly DecoderFamily Family = new()
    {
        Name = "gemma3",
        ModelType = "gemma3_text",
        GenAiType = "gemma3_text",
        Float32Residual = true,
        Tokens = new TokenDefaults("Gemma3TextConfig", BosTokenId: 2, EosTokenId: 1, PadTokenId: 0),
    };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var gemma = Gemma3Config.Read(config);
        var scale = EmbeddingScales.Choose(options, gemma);
        return DecoderPlan.Make(
            Family, gemma, weights, formats, options, scale, gemma.Window, decoder => Build(decoder, gemma, scale.Value));
    }

    private static void Build(DecoderGraph decoder, Gemma3Config config, float embeddingScale)
    {
        var global = decoder.AddRotaryCache("_global", config.GlobalRotary);
        var local = decoder.AddRotaryCache("_local", config.LocalRotary);
        var norms = new RmsNorms(decoder, addend: 1);
        var attention = new GroupedAttention(decoder, (float)Math.Pow(config.QueryPreAttnScalar, -0.5), headNorms: norms);
        SandwichDecoder.Build(decoder, norms, embeddingScale,
            (layer, x) => attention.Add(layer, x, config.IsGlobal[layer] ? global : local));
    }
}
