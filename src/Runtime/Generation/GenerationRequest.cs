namespace XlLoraOnnx.Runtime;

/// <summary>One prompt to be continued; <see cref="RowId"/> comes back with its result.</summary>
/// <remarks>
/// Exactly one of <see cref="UserMessage"/> and <see cref="PromptTokens"/> is set; the generator rejects a row with none or both.
/// </remarks>
public sealed record GenerationRequest
{
    /// <summary>The caller's name for this row, unique within one call; returned with the result.</summary>
    public required long RowId { get; init; }

    /// <summary>What the user says; rendered with the model's chat template, with exactly one beginning-of-sequence token.</summary>
    public string? UserMessage { get; init; }

    /// <summary>Or the prompt as token ids, used as they are: no template, no token added.</summary>
    public IReadOnlyList<int>? PromptTokens { get; init; }

    /// <summary>Name of the adapter, one of <see cref="ITextGenerator.Adapters"/>; null for the base model.</summary>
    public string? Adapter { get; init; }

    /// <summary>How tokens are chosen; null for what the model's <c>generation_config.json</c> says.</summary>
    public SamplingOptions? Sampling { get; init; }

    /// <summary>Most tokens to generate, the stop token not counted; at least 1.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Whether <see cref="UserMessage"/> may contain the text of special tokens, which then become those tokens.</summary>
    /// <remarks>
    /// By default such a row is rejected (<see cref="RejectionKind.SpecialToken"/>): data must not be able to end its own turn.
    /// </remarks>
    public bool AllowSpecialTokens { get; init; }
}
