namespace XlLoraOnnx.Exporter;

/// <summary>
/// A Gemma 2 config.json, as transformers 4 and 5 write it. Absent fields take the defaults of <c>Gemma2Config</c> (transformers,
/// models/gemma2/configuration_gemma2.py).
/// </summary>
internal sealed record Gemma2Config : DecoderConfig
{
    public Gemma2Config(ConfigReader config)
        : base(config, config, DecoderDefaults.Gemma)
    {
        var refusals = new ConfigRefusals("Gemma 2");
        refusals.Refuse(DecoderFields.Gemma2, config);
        refusals.RefuseGemma(config);
        refusals.CheckHeads(this);
        refusals.ThrowIfAny();
        QueryPreAttnScalar = config.PositiveNumber("query_pre_attn_scalar", 256);
        SlidingWindow = config.PositiveInt("sliding_window", 4096);
        IsGlobal = LayerTypes.ReadGlobal(config, NumHiddenLayers, i => i % 2 == 1);
        Rotary = RotaryScaling.ReadModel(config, 1e4, llama3: false);
        AttentionSoftcap = ReadSoftcap(config, "attn_logit_softcapping", 50);
        FinalSoftcap = ReadSoftcap(config, "final_logit_softcapping", 30);
    }

    public double QueryPreAttnScalar { get; }
    public int SlidingWindow { get; }
    /// <summary>Per layer: attends to everything before it, instead of to a window.</summary>
    public IReadOnlyList<bool> IsGlobal { get; }
    // in both directions transformers' window includes the key at its size (masking_utils.py, sliding_window_bidirectional_overlay)
    public AttentionWindow Window => AttentionWindow.Of(IsBidirectional ? 2 * SlidingWindow + 1 : SlidingWindow, IsGlobal);
    public RotaryScaling Rotary { get; }
    public float? AttentionSoftcap { get; }
    public float? FinalSoftcap { get; }

    // null is written for none; only an absent field takes the default
    private static float? ReadSoftcap(ConfigReader config, string name, double fallback) =>
        config.Names.Contains(name) && !config.Has(name) ? null : (float)config.PositiveNumber(name, fallback);
}
