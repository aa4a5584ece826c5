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

    /// <summary>What its list says is refused.</summary>
    public void Refuse(ConfigFields fields, ConfigReader config) => _reasons.AddRange(fields.Refusals(config).Select(r => r.Reason));

    /// <summary>What no Gemma exports.</summary>
    public void RefuseGemma(ConfigReader text)
    {
        const string Activation = "gelu_pytorch_tanh";
        Refuse((text.OptionalString("hidden_activation") ?? Activation) != Activation, text, "hidden_activation",
            $"only {Activation} is exported");
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
        if (config.HeadDim % 2 != 0)
            _reasons.Add($"'{config.Path}': head_dim {config.HeadDim} is odd; rotary positions turn numbers in pairs.");
    }

    public void ThrowIfAny()
    {
        if (_reasons.Count > 0)
            throw new NotSupportedException($"This {family} checkpoint cannot be exported:\n" + string.Join('\n', _reasons));
    }
}
