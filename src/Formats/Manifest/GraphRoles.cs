namespace XlLoraOnnx.Formats;

/// <summary>What a graph of a model folder is for, as the manifest spells it; all graphs of a folder read the same data file.</summary>
public static class GraphRoles
{
    // of a folder that generates text

    /// <summary>Takes adapters; logits of the last position. Every folder that generates text has it, since genai_config.json names
    /// it.</summary>
    public const string Lora = "lora";

    /// <summary>Takes no adapters and pays nothing for them; logits of the last position.</summary>
    public const string Base = "base";

    /// <summary>Takes adapters; logits of every position.</summary>
    public const string Scoring = "scoring";

    /// <summary>
    /// For rows that come and go. Lengths are inputs instead of a mask; logits of the tokens that are asked for, if any; a bank of
    /// adapters, and a mask that says which row sees which.
    /// </summary>
    public const string Continuous = "continuous";

    /// <summary>As <see cref="Continuous"/> without adapters, and without their cost.</summary>
    public const string ContinuousBase = "continuous.base";

    /// <summary>
    /// As <see cref="Continuous"/> for rows that are longer than the window of some layers, which keep no more than that. Models that have
    /// such layers get it, for the CPU.
    /// </summary>
    public const string ContinuousRolling = "continuous.rolling";

    /// <summary>As <see cref="ContinuousRolling"/> without adapters.</summary>
    public const string ContinuousRollingBase = "continuous.rolling.base";

    // of a folder that reads a text with an encoder and writes another with a decoder, beside those for rows that come and go

    /// <summary>Reads texts, a bank of adapters and a mask that says which row sees which; gives keys and values of cross attention.
    /// </summary>
    public const string Encoder = "encoder";

    /// <summary>As <see cref="Encoder"/> without adapters, and without their cost.</summary>
    public const string EncoderBase = "encoder.base";

    // of a folder that turns texts into vectors

    /// <summary>The pooled vector of each row. Every folder that turns texts into vectors has it.</summary>
    public const string Embedding = "embedding";

    /// <summary>The hidden states of every layer of an encoder, and every pooling of them.</summary>
    public const string Hidden = "hidden";

    /// <summary>Reads a text together with hidden states of the same text in another language (FLARE), and gives what the task of its
    /// adapter wants.</summary>
    public const string Fusion = "fusion";

    /// <summary>As <see cref="Fusion"/>, with the hidden states of every layer.</summary>
    public const string FusionHidden = "fusion.hidden";

    /// <summary>In the order in which a manifest has them.</summary>
    public static IReadOnlyList<string> OfDecoder { get; } =
        [Lora, Base, Scoring, Continuous, ContinuousBase, ContinuousRolling, ContinuousRollingBase];

    /// <summary>Of a folder with an encoder and a decoder, in the order in which a manifest has them.</summary>
    public static IReadOnlyList<string> OfEncoderDecoder { get; } = [Encoder, EncoderBase, Continuous, ContinuousBase, Scoring];

    /// <summary>In the order in which a manifest has them.</summary>
    public static IReadOnlyList<string> OfEncoder { get; } = [Embedding, Hidden];

    /// <summary>Of a folder with an adapter of FLARE, beside the others.</summary>
    public static IReadOnlyList<string> OfFusion { get; } = [Fusion, FusionHidden];

    /// <summary>Those of every kind of folder.</summary>
    public static IReadOnlyList<string> All { get; } = [.. OfDecoder, Encoder, EncoderBase, .. OfEncoder, .. OfFusion];

    /// <summary>Whether rows come and go.</summary>
    public static bool IsContinuous(string role) => role is Continuous or ContinuousBase || IsRolling(role);

    /// <summary>Whether a decoder's graph is of FLARE: the source pass, and the target pass that reads its states.</summary>
    public static bool ReadsTwoLanguages(string role) => role is Hidden or Fusion or FusionHidden;

    /// <summary>Whether texts are read whose translation other graphs write.</summary>
    public static bool IsEncoder(string role) => role is Encoder or EncoderBase;

    /// <summary>Whether layers with a window keep no more than that.</summary>
    public static bool IsRolling(string role) => role is ContinuousRolling or ContinuousRollingBase;

    /// <summary>Whether adapters come in a bank, and a mask says which row sees which.</summary>
    public static bool TakesBank(string role) => role is Continuous or ContinuousRolling or Encoder;

    /// <summary>Whether a decoder's graph takes adapters, one by one or in a bank.</summary>
    public static bool TakesAdapters(string role) => role is not (Base or ContinuousBase or ContinuousRollingBase or EncoderBase);

    /// <summary>The role of the graph that reads texts, with adapters or without.</summary>
    public static string ForEncoder(bool takesAdapters) => takesAdapters ? Encoder : EncoderBase;

    /// <summary>The role of the graph for rows that come and go, with adapters or without, rolling or not.</summary>
    public static string ForContinuous(bool takesAdapters, bool rolls) => (takesAdapters, rolls) switch
    {
        (true, false) => Continuous,
        (false, false) => ContinuousBase,
        (true, true) => ContinuousRolling,
        (false, true) => ContinuousRollingBase,
    };
}
