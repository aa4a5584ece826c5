namespace XlLoraOnnx.Runtime;

/// <summary>What became of one <see cref="GenerationRequest"/>.</summary>
public sealed record GenerationResult
{
    /// <summary><see cref="GenerationRequest.RowId"/> of the request.</summary>
    public required long RowId { get; init; }

    /// <summary>Adapter that was used; null for the base model.</summary>
    public required string? Adapter { get; init; }

    /// <summary>The new tokens as text, special tokens left out, otherwise as decoded; empty if rejected.</summary>
    public required string Text { get; init; }

    /// <summary>The new tokens, the stop token not among them; empty if rejected.</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>Tokens of the prompt, template included, padding not.</summary>
    public required int PromptTokenCount { get; init; }

    /// <summary>Tokens generated, the stop token not counted.</summary>
    public required int TokenCount { get; init; }

    /// <summary>Why the row ended.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>What a search over beams found, the best first, which is <see cref="Text"/>; null without one.</summary>
    public IReadOnlyList<GenerationHypothesis>? Hypotheses { get; init; }

    /// <summary>Of each of <see cref="Tokens"/>; null unless <see cref="GenerationRequest.LogProbabilities"/> asks for them.</summary>
    public IReadOnlyList<TokenLogProbabilities>? LogProbabilities { get; init; }

    /// <summary>What kind of reason kept the row from being generated; null unless <see cref="FinishReason.Rejected"/>.</summary>
    public RejectionKind? RejectionKind { get; init; }

    /// <summary>Why it was rejected, for a person; null unless <see cref="FinishReason.Rejected"/>.</summary>
    public string? Error { get; init; }

    /// <summary>Whether both say the same, token by token.</summary>
    public bool Equals(GenerationResult? other) => other is not null
        && (RowId, Adapter, Text, PromptTokenCount, TokenCount, FinishReason, RejectionKind, Error)
            == (other.RowId, other.Adapter, other.Text, other.PromptTokenCount, other.TokenCount, other.FinishReason, other.RejectionKind,
                other.Error)
        && Tokens.SequenceEqual(other.Tokens) && (Hypotheses ?? []).SequenceEqual(other.Hypotheses ?? [])
        && (LogProbabilities ?? []).SequenceEqual(other.LogProbabilities ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(RowId, Adapter, Text, TokenCount, FinishReason);

    /// <summary>The result of a row that is not generated.</summary>
    public static GenerationResult Rejected(long rowId, string? adapter, RejectionKind kind, int promptTokens, string error) => new()
    {
        RowId = rowId,
        Adapter = adapter,
        Text = "",
        PromptTokenCount = promptTokens,
        TokenCount = 0,
        FinishReason = FinishReason.Rejected,
        RejectionKind = kind,
        Error = error,
    };
}

/// <summary>One answer of a search over beams.</summary>
/// <param name="Text">Special tokens left out.</param>
/// <param name="Tokens">Without the code of the language and the stop token.</param>
/// <param name="Score">
/// Its log-probability, divided by its length, both of those tokens counted, to the power of
/// <see cref="XlLoraModelOptions.LengthPenalty"/>.
/// </param>
public sealed record GenerationHypothesis(string Text, IReadOnlyList<int> Tokens, double Score)
{
    /// <summary>Whether both say the same, token by token.</summary>
    public bool Equals(GenerationHypothesis? other) =>
        other is not null && Text == other.Text && Score.Equals(other.Score) && Tokens.SequenceEqual(other.Tokens);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Text, Score);
}
