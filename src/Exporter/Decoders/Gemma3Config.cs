namespace XlLoraOnnx.Exporter;

/// <summary>
/// The text part of a Gemma 3 config.json, as transformers 4 and 5 write it. Absent fields take the defaults of
/// <c>Gemma3TextConfig</c> (transformers, models/gemma3/configuration_gemma3.py).
/// </summary>
internal sealed record Gemma3Config : DecoderConfig
{
    private static readonly DecoderDefaults Defaults = DecoderDefaults.Gemma with { VocabSize = 262208, MaxPositionEmbeddings = 131072 };

    private Gemma3Config(ConfigReader config, ConfigReader text)
        : base(config, text, Defaults)
    {
        Check(config, text);
        QueryPreAttnScalar = text.PositiveNumber("query_pre_attn_scalar", 256);
        var isEncoder = text.Bool("use_bidirectional_attention", false);
        SlidingWindow = Visible(text.PositiveInt("sliding_window", 4096), isEncoder, isCausal: !IsBidirectional);
        IsBidirectional |= isEncoder;
        var pattern = text.PositiveInt("sliding_window_pattern", text.PositiveInt("_sliding_window_pattern", 6));
        IsGlobal = LayerTypes.ReadGlobal(text, NumHiddenLayers, i => (i + 1) % pattern == 0);
        GlobalRotary = ReadGlobalRotary(text);
        LocalRotary = ReadLocalRotary(text);
    }

    public double QueryPreAttnScalar { get; }
    /// <summary>Positions that a query of a layer with a window sees, itself included.</summary>
    public int SlidingWindow { get; }
    /// <summary>Per layer: attends to everything before it, instead of to a window.</summary>
    public IReadOnlyList<bool> IsGlobal { get; }
    public AttentionWindow Window => AttentionWindow.Of(SlidingWindow, IsGlobal);
    public RotaryScaling GlobalRotary { get; }
    public RotaryScaling LocalRotary { get; }

    /// <param name="config">The whole config.json: of the text model, or of the multimodal one with its text_config.</param>
    public static Gemma3Config Read(ConfigReader config) => new(config, config.OptionalObject("text_config") ?? config);

    /// <summary>
    /// transformers halves the window of an encoder, to sliding_window // 2 + 1, and leaves the key at that distance out
    /// (models/gemma3/modeling_gemma3.py); is_causal: false lets it in (masking_utils.py, sliding_window_bidirectional_overlay).
    /// </summary>
    private static int Visible(int window, bool isEncoder, bool isCausal) => (isEncoder, isCausal) switch
    {
        (false, true) => window,
        (true, true) => 2 * (window / 2) + 1,
        (false, false) => 2 * window + 1,
        (true, false) => 2 * (window / 2 + 1) + 1,
    };

    private void Check(ConfigReader config, ConfigReader text)
    {
        var refusals = new ConfigRefusals("Gemma 3");
        refusals.Refuse(DecoderFields.Gemma3, text);
        if (!ReferenceEquals(config, text))
            refusals.Refuse(DecoderFields.Gemma3Whole, config);
        refusals.RefuseGemma(text);
        refusals.CheckHeads(this);
        refusals.ThrowIfAny();
    }

    // rope_scaling of transformers 4 is for the global layers alone
    private static RotaryScaling ReadGlobalRotary(ConfigReader text)
    {
        const double Theta = 1e6;
        const string Layers = "full_attention";
        var parameters = text.OptionalObject("rope_parameters");
        RotaryScaling.CheckSpellings(text, parameters?.OptionalObject(Layers) ?? parameters);
        return RotaryScaling.ReadLayers(text, Layers, "rope_theta", Theta) ?? RotaryScaling.ReadModel(text, Theta, llama3: false);
    }

    private static RotaryScaling ReadLocalRotary(ConfigReader text)
    {
        const double Theta = 1e4;
        const string Setting = "rope_local_base_freq";
        return RotaryScaling.ReadLayers(text, "sliding_attention", Setting, Theta)
            ?? new RotaryScaling(text.PositiveNumber(Setting, Theta), 1);
    }
}
