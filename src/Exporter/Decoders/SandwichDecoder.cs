namespace XlLoraOnnx.Exporter;

/// <summary>The stack of Gemma 2 and 3: RMS norms before and after attention and MLP, embeddings multiplied by √hidden_size.</summary>
internal static class SandwichDecoder
{
    /// <param name="attention">Adds attention, given the layer and its input.</param>
    /// <param name="softcap">On the logits; null for none.</param>
    public static void Build(
        DecoderGraph decoder, RmsNorms norms, float embeddingScale, Func<int, string, string> attention, float? softcap = null)
    {
        var residual = TokenEmbedding.Add(decoder, embeddingScale);
        string? branch = null;
        for (var layer = 0; layer < decoder.Config.NumHiddenLayers; layer++)
        {
            (var x, residual) = norms.AddInput(layer, residual, branch);
            var attended = norms.AddPost(layer, "post_attention_layernorm", attention(layer, x));
            (x, residual) = norms.AddSkip(layer, "pre_feedforward_layernorm", residual, attended);
            var fed = GatedMlp.Add(decoder, layer, x, (node, gate) => decoder.Graph.GeluTanh(node + "/Gelu", gate));
            branch = norms.AddPost(layer, "post_feedforward_layernorm", fed);
        }
        LanguageModelHead.Add(decoder, norms.AddFinal(residual, branch!), softcap);
    }
}
