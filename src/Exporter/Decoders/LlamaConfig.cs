namespace XlLoraOnnx.Exporter;

/// <summary>
/// A Llama config.json, as transformers 4 and 5 write it. Absent fields take the defaults of <c>LlamaConfig</c> (transformers,
/// models/llama/configuration_llama.py).
/// </summary>
internal sealed record LlamaConfig : DecoderConfig
{
    private const string Activation = "silu";

    private static readonly DecoderDefaults Defaults = new()
    {
        VocabSize = 32000,
        HiddenSize = 4096,
        IntermediateSize = 11008,
        NumHiddenLayers = 32,
        NumAttentionHeads = 32,
        NumKeyValueHeads = null,
        HeadDim = null,
        MaxPositionEmbeddings = 2048,
        TieWordEmbeddings = false,
    };

    public LlamaConfig(ConfigReader config)
        : base(config, config, Defaults)
    {
        var refusals = new ConfigRefusals("Llama");
        refusals.Refuse(DecoderFields.Llama, config);
        refusals.Refuse((config.OptionalString("hidden_act") ?? Activation) != Activation, config, "hidden_act",
            $"only {Activation} is exported");
        refusals.CheckHeads(this);
        refusals.ThrowIfAny();
        Rotary = RotaryScaling.ReadModel(config, 1e4, llama3: true);
    }

    public RotaryScaling Rotary { get; }
}
