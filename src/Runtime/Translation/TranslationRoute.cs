namespace XlLoraOnnx.Runtime;

/// <summary>How one pair of languages is translated.</summary>
public sealed record TranslationRoute
{
    /// <summary>The adapter; null for the base model.</summary>
    public string? Adapter { get; init; }

    /// <summary>What the model is told; null where it has an encoder that reads the text.</summary>
    public TranslationPrompt? Prompt { get; init; }

    /// <summary>Texts before which a translation ends, such as a line end of a base model that would go on with the next one.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Most tokens of a translation where the request does not say.</summary>
    public int MaxNewTokens { get; init; } = 256;
}
