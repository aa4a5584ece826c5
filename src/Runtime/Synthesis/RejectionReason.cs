namespace XlLoraOnnx.Runtime;

/// <summary>Why an anchor gave no triplet.</summary>
public enum RejectionReason
{
    /// <summary>The anchor is empty or white space.</summary>
    EmptyAnchor,

    /// <summary>The anchor holds NUL, which no tokenizer and no table carries safely.</summary>
    ControlCharacter,

    /// <summary>The anchor holds the text of a special token, such as an end of turn.</summary>
    SpecialToken,

    /// <summary>Prompt and answer do not fit into the model's longest sequence; nothing is cut.</summary>
    PromptTooLong,

    /// <summary>The positive reached the token limit before it ended.</summary>
    PositiveTooLong,

    /// <summary>The hard negative reached the token limit before it ended.</summary>
    NegativeTooLong,

    /// <summary>The positive is blank.</summary>
    EmptyPositive,

    /// <summary>The hard negative is blank.</summary>
    EmptyNegative,

    /// <summary>The positive or the hard negative is the anchor itself.</summary>
    CopiesAnchor,

    /// <summary>Positive and hard negative are the same.</summary>
    PositiveEqualsNegative,

    /// <summary>The generator could not do the row.</summary>
    Failed,
}
