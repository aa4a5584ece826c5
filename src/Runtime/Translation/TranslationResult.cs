namespace XlLoraOnnx.Runtime;

/// <summary>What became of one <see cref="TranslationRequest"/>.</summary>
public sealed record TranslationResult
{
    /// <summary><see cref="TranslationRequest.RowId"/> of the request.</summary>
    public required long RowId { get; init; }

    /// <summary>Of the request.</summary>
    public required LanguagePair Pair { get; init; }

    /// <summary>The translation, without white space around it; empty for an empty text, and where the row was rejected.</summary>
    public required string Text { get; init; }

    /// <summary>Adapter that was used; null for the base model.</summary>
    public required string? Adapter { get; init; }

    /// <summary>Why the row ended; one with <see cref="FinishReason.Length"/> was cut off at its most tokens.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokenCount { get; init; }

    /// <summary>Tokens that were generated.</summary>
    public int TokenCount { get; init; }

    /// <summary>What kind of reason kept the row from being translated; null unless <see cref="FinishReason.Rejected"/>.</summary>
    public RejectionKind? RejectionKind { get; init; }

    /// <summary>Why it was rejected, for a person; null unless <see cref="FinishReason.Rejected"/>.</summary>
    public string? Error { get; init; }
}
