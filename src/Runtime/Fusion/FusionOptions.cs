using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>What padding does to a text that is read together with its source.</summary>
public enum FusionPadding
{
    /// <summary>Padding is no source, and nothing looks at it: a row does not depend on how far it is padded.</summary>
    Masked,

    /// <summary>As FLARE's released code has it: every row is padded to <see cref="FusionOptions.MaxLength"/>, and padding is fused like
    /// any token.</summary>
    Released,
}

/// <summary>Which state of the source is fused into an answer that a decoder writes.</summary>
public enum FusionSchedule
{
    /// <summary>Into the prompt those of the source's prompt, into token k that of token k which the model writes after the source.
    /// </summary>
    Stepwise,

    /// <summary>As FLARE's released code has it: the last state of what the model writes after the source, into prompt and answer
    /// alike.</summary>
    Released,
}

/// <summary>How a folder with an adapter of FLARE is loaded, and how its rows are read.</summary>
/// <remarks>Loading takes a copy: what is set afterwards changes nothing.</remarks>
public sealed record FusionOptions
{
    /// <summary>Adapter of rows that name none; null for the first of the folder.</summary>
    public string? Adapter { get; set; }

    /// <summary><c>xnli</c>, <c>nusax</c> or <c>tydiqa</c>, which says how texts are laid out; null for what the folder says.</summary>
    public string? Task { get; set; }

    /// <summary>Names of the classes by their numbers, of an adapter that was trained for others; null for those of the task.</summary>
    public IReadOnlyList<string>? Labels { get; set; }

    /// <summary>Tokens that a text is cut to, special tokens included, in each language; null for what the folder says, else 128.</summary>
    public int? MaxLength { get; set; }

    /// <summary>What padding does.</summary>
    public FusionPadding Padding { get; set; }

    /// <summary>Of decoders, which state of the source is fused where.</summary>
    public FusionSchedule Schedule { get; set; }

    /// <summary>Most tokens of an answer that a decoder writes; null for 100, and as many as the longest label has where there are
    /// classes.</summary>
    public int? MaxNewTokens { get; set; }

    /// <summary>Most tokens of an answer that is found in its context.</summary>
    public int MaxAnswerTokens { get; set; } = 30;

    /// <summary>Folder of the exported translation model whose encoder reads the text, for adapters of FLARE-MT; null for others.</summary>
    public string? TranslationModel { get; set; }

    /// <summary>Code of the language of the texts as that model knows it, e.g. <c>spa_Latn</c>; null for what the folder says.</summary>
    public string? TextLanguage { get; set; }

    /// <summary>Most tokens of one batch, padding included; a longer text runs alone.</summary>
    public int TokensPerBatch { get; set; } = 2048;

    /// <summary>Bytes of hidden states of sources that are kept for rows that read the same source again.</summary>
    public long MaxSourceBytes { get; set; } = 256L << 20;

    /// <summary><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    public string Device { get; set; } = "cpu";

    /// <summary>Where it is logged what happens, never a text; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Everything that keeps a folder from being loaded with them.</summary>
    internal IEnumerable<OptionProblem> Problems()
    {
        if (MaxLength < 8)
            yield return new(nameof(MaxLength), MaxLength, "it must be at least 8, or null for what the folder says.");
        if (MaxNewTokens < 1)
            yield return new(nameof(MaxNewTokens), MaxNewTokens, "it must be at least 1.");
        if (MaxAnswerTokens < 1)
            yield return new(nameof(MaxAnswerTokens), MaxAnswerTokens, "it must be at least 1.");
        if (TokensPerBatch < 1)
            yield return new(nameof(TokensPerBatch), TokensPerBatch, "it must be at least 1.");
        if (MaxSourceBytes < 0)
            yield return new(nameof(MaxSourceBytes), MaxSourceBytes, "it must be at least 0, for none.");
        foreach (var problem in OptionProblem.OfDevices([Device]))
            yield return problem;
    }
}
