namespace XlLoraOnnx.Exporter;

/// <summary>Settings of Gemma 3 checkpoints that the graph would get wrong; all that apply are reported at once.</summary>
internal static class Gemma3Refusals
{
    public static void Check(ConfigReader config, ConfigReader text)
    {
        var reasons = new List<string>();
        Refuse(text.Bool("use_bidirectional_attention", false), "use_bidirectional_attention",
            "the exported attention is causal; this is an encoder");
        Refuse(text.Bool("attention_bias", false), "attention_bias", "projections with a bias are not exported");
        Refuse(text.Has("attn_logit_softcapping"), "attn_logit_softcapping", "Gemma 3 is exported without softcaps");
        Refuse(text.Has("final_logit_softcapping"), "final_logit_softcapping", "Gemma 3 is exported without softcaps");
        Refuse((text.OptionalString("hidden_activation") ?? "gelu_pytorch_tanh") != "gelu_pytorch_tanh", "hidden_activation",
            "only gelu_pytorch_tanh is exported");
        Refuse(text.Has("quantization_config"), "quantization_config", "export the checkpoint that has not been quantised");
        if (!ReferenceEquals(config, text) && config.Has("quantization_config"))
            reasons.Add($"{config.Describe("quantization_config")}: export the checkpoint that has not been quantised.");
        CheckHeads(text, reasons);
        if (reasons.Count > 0)
            throw new NotSupportedException("This Gemma 3 checkpoint cannot be exported:\n" + string.Join('\n', reasons));

        void Refuse(bool applies, string setting, string reason)
        {
            if (applies)
                reasons.Add($"{text.Describe(setting)}: {reason}.");
        }
    }

    private static void CheckHeads(ConfigReader text, List<string> reasons)
    {
        var (heads, keyValueHeads) = (text.PositiveInt("num_attention_heads", 8), text.PositiveInt("num_key_value_heads", 4));
        if (heads % keyValueHeads != 0)
            reasons.Add($"'{text.Path}': num_attention_heads {heads} is no multiple of num_key_value_heads {keyValueHeads}.");
        var headDim = text.PositiveInt("head_dim", 256);
        if (headDim % 16 != 0)
            reasons.Add($"'{text.Path}': head_dim {headDim} is no multiple of 16, which rotary GroupQueryAttention needs.");
    }
}
