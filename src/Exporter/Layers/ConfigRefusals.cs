namespace XlLoraOnnx.Exporter;

/// <summary>Settings of a checkpoint that the graph would get wrong; all that apply are reported at once.</summary>
/// <param name="family">For the message, e.g. <c>Gemma 3</c>.</param>
internal sealed class ConfigRefusals(string family)
{
    private readonly List<string> _reasons = [];

    public void Refuse(bool applies, ConfigReader config, string setting, string reason)
    {
        if (applies)
            _reasons.Add($"{config.Describe(setting)}: {reason}.");
    }

    /// <summary>What no family exports.</summary>
    public void RefuseCommon(ConfigReader config, ConfigReader text)
    {
        const string Quantized = "export the checkpoint that has not been quantised";
        Refuse(text.Bool("attention_bias", false), text, "attention_bias", "projections with a bias are not exported");
        Refuse(text.Has("quantization_config"), text, "quantization_config", Quantized);
        Refuse(!ReferenceEquals(config, text) && config.Has("quantization_config"), config, "quantization_config", Quantized);
    }

    /// <summary>What no Gemma exports.</summary>
    public void RefuseGemma(ConfigReader text)
    {
        const string Activation = "gelu_pytorch_tanh";
        Refuse((text.OptionalString("hidden_activation") ?? Activation) != Activation, text, "hidden_activation",
            $"only {Activation} is exported");
    }

    /// <summary>What neither BERT nor RoBERTa exports.</summary>
    public void RefuseBert(ConfigReader config)
    {
        const string Positions = "absolute";
        RefuseCommon(config, config);
        Refuse((config.OptionalString("position_embedding_type") ?? Positions) != Positions, config, "position_embedding_type",
            $"only {Positions} is exported");
        Refuse(config.Bool("is_decoder", false), config, "is_decoder", "attention in both directions is exported");
        Refuse(config.Bool("add_cross_attention", false), config, "add_cross_attention", "encoders of their own are exported");
    }

    /// <param name="activation">The setting that names it.</param>
    public void CheckEncoder(EncoderConfig encoder, ConfigReader config, string activation)
    {
        Refuse(!Activations.IsSupported(encoder.Activation), config, activation, $"{Activations.Supported} are exported");
        if (encoder.HiddenSize % encoder.NumAttentionHeads != 0)
            _reasons.Add($"'{encoder.Path}': hidden_size {encoder.HiddenSize} is no multiple of num_attention_heads "
                + $"{encoder.NumAttentionHeads}.");
    }

    public void CheckHeads(DecoderConfig config)
    {
        var (heads, keyValueHeads) = (config.NumAttentionHeads, config.NumKeyValueHeads);
        if (heads % keyValueHeads != 0)
            _reasons.Add($"'{config.Path}': num_attention_heads {heads} is no multiple of num_key_value_heads {keyValueHeads}.");
        if (config.HeadDim % 16 != 0)
            _reasons.Add($"'{config.Path}': head_dim {config.HeadDim} is no multiple of 16, which rotary GroupQueryAttention needs.");
    }

    public void ThrowIfAny()
    {
        if (_reasons.Count > 0)
            throw new NotSupportedException($"This {family} checkpoint cannot be exported:\n" + string.Join('\n', _reasons));
    }
}
