namespace XlLoraOnnx.Runtime;

/// <summary>One text to be translated; <see cref="RowId"/> comes back with its result.</summary>
public sealed record TranslationRequest
{
    /// <summary>The caller's name for this row, unique within one call.</summary>
    public required long RowId { get; init; }

    /// <summary>In the source language. One of nothing but white space has an empty translation, for which nothing is generated.</summary>
    public required string Text { get; init; }

    /// <summary>Code of the language of the text, e.g. <c>eng_Latn</c>.</summary>
    public required string SourceLanguage { get; init; }

    /// <summary>Code of the language that is asked for, e.g. <c>hau_Latn</c>.</summary>
    public required string TargetLanguage { get; init; }

    /// <summary>Most tokens of the translation; null for what the route of the pair says.</summary>
    public int? MaxNewTokens { get; init; }

    /// <summary>How tokens are chosen; null for the likeliest, always.</summary>
    public SamplingOptions? Sampling { get; init; }
}
