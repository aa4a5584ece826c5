namespace XlLoraOnnx.Tokenizers;

/// <summary>An encoded text, or pair of texts; all lists have the same length.</summary>
public sealed record TokenizerEncoding
{
    /// <summary>Ids of the vocabulary.</summary>
    public required IReadOnlyList<int> Ids { get; init; }

    /// <summary>The pieces of the ids, as the vocabulary has them.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>Where each token stands in its text, in UTF-16 units; (0, 0) for what was added.</summary>
    public required IReadOnlyList<TokenOffset> Offsets { get; init; }

    /// <summary>0 for the first text, 1 for the second, where the model tells them apart.</summary>
    public required IReadOnlyList<int> TypeIds { get; init; }

    /// <summary>1 for tokens, 0 for padding.</summary>
    public required IReadOnlyList<int> AttentionMask { get; init; }

    /// <summary>1 for what the template or the padding added, 0 for the text's own.</summary>
    public required IReadOnlyList<int> SpecialTokensMask { get; init; }
}

/// <summary>A range of a text, in UTF-16 units; the end is exclusive.</summary>
public readonly record struct TokenOffset(int Start, int End);
