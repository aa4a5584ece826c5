namespace XlLoraOnnx.Tokenizers;

/// <summary>How texts are encoded; what is null follows tokenizer_config.json.</summary>
public sealed record TokenizerOptions
{
    /// <summary>Whether the special tokens of the file are put around the text; null: as <see cref="XlLoraTokenizer.AddsSpecialTokens"/>
    /// says.</summary>
    public bool? AddSpecialTokens { get; init; }

    /// <summary>The most tokens of an encoding, special tokens included; null: no limit.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Which of two sequences is cut.</summary>
    public TruncationStrategy Truncation { get; init; } = TruncationStrategy.LongestFirst;

    /// <summary>The end at which tokens are cut off.</summary>
    public SequenceSide? TruncationSide { get; init; }

    /// <summary>To which length shorter encodings are filled up.</summary>
    public PaddingLength Padding { get; init; }

    /// <summary>The end at which padding is put.</summary>
    public SequenceSide? PaddingSide { get; init; }

    /// <summary>Padded lengths are rounded up to a multiple of this.</summary>
    public int PadToMultipleOf { get; init; } = 1;

    internal void Validate()
    {
        if (MaxLength is < 1)
            throw new ArgumentOutOfRangeException(nameof(MaxLength), MaxLength, $"MaxLength is {MaxLength}; it must be at least 1.");
        if (PadToMultipleOf < 1)
            throw new ArgumentOutOfRangeException(
                nameof(PadToMultipleOf), PadToMultipleOf, $"PadToMultipleOf is {PadToMultipleOf}; it must be at least 1.");
        if (Padding == PaddingLength.MaxLength && MaxLength is null)
            throw new ArgumentException("Padding to MaxLength needs a MaxLength.");
    }
}

/// <summary>Which of two sequences is cut.</summary>
public enum TruncationStrategy
{
    /// <summary>Token by token, the longer one.</summary>
    LongestFirst,

    /// <summary>The first one alone.</summary>
    OnlyFirst,

    /// <summary>The second one alone.</summary>
    OnlySecond,
}

/// <summary>An end of a sequence.</summary>
public enum SequenceSide
{
    Right,
    Left,
}

/// <summary>To which length encodings are padded.</summary>
public enum PaddingLength
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>The longest of the batch.</summary>
    Longest,

    /// <summary><see cref="TokenizerOptions.MaxLength"/>.</summary>
    MaxLength,
}
