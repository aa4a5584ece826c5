
namespace XlLoraOnnx.Exporter;

/// <summary>
/// Llama 3.x (arXiv 2407.21783; transformers, models/llama/modeling_llama.py): RMS norms before attention and MLP, every layer global,
/// SiLU.
/// </summary>
internal static class Llama
{
    private static readonly DecoderFamily Family = new()
    {
        Name = "llama",
        ModelType = "llama",
        GenAiType = "llama",
        Float32Residual = false,
        Tokens = new TokenDefaults("LlamaConfig", BosTokenId: 1, EosTokenId: 2, PadTokenId: null),
    };

    public static ModelPlan Plan(ConfigReader config, TextWeights weights, WeightFormats formats, ExportOptions options)
    {
        var llama = new LlamaConfig(config);
        for (var layer = 0; layer < llama.NumHiddenLayers; layer++)
            weights.Drop($"model.layers.{layer}.self_attn.rotary_emb.inv_freq", "frequencies that follow from rope_theta");
        var scale = new EmbeddingScale(1, "none");
        return DecoderPlan.Make(Family, llama, weights, formats, options, scale, window: null, decoder => Build(decoder, llama));
    }

    private static void Build(DecoderGraph decoder, LlamaConfig config)
    {
        var rotary = decoder.AddRotaryCache("", config.Rotary);
        var norms = new RmsNorms(decoder, addend: 0);
        var attention = new GroupedAttention(decoder, (float)Math.Pow(config.HeadDim, -0.5));
        var residual = TokenEmbedding.Add(decoder, scale: null);
        string? branch = null;
        for (var layer = 0; layer < config.NumHiddenLayers; layer++)
        {
            (var x, residual) = norms.AddInput(layer, residual, branch);
            var attended = attention.Add(layer, x, rotary);
            (x, residual) = norms.AddSkip(layer, "post_attention_layernorm", residual, attended);
            branch = GatedMlp.Add(decoder, layer, x, decoder.Graph.Silu);
        }
        LanguageModelHead.Add(decoder, norms.AddFinal(residual, branch!));
    }
}
