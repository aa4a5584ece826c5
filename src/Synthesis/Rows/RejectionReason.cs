namespace XlLoraOnnx.Synthesis;

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

    /// <summary>The generator could not do the row.</summary>
    Failed,

    /// <summary>The answer reached the token limit before it ended.</summary>
    Length,

    /// <summary>The answer is blank.</summary>
    Empty,

    /// <summary>The answer is the anchor itself.</summary>
    Copy,

    /// <summary>The answer is the anchor but for a few characters.</summary>
    NearCopy,

    /// <summary>The answer repeats the prompt.</summary>
    PromptEcho,

    /// <summary>The answer holds left-overs of a template: placeholders, turn markers, markup.</summary>
    Template,

    /// <summary>The model refused.</summary>
    Refusal,

    /// <summary>The answer speaks about itself, and what belongs to it could not be cut away.</summary>
    Preamble,

    /// <summary>The answer is in another language than was asked for.</summary>
    Language,

    /// <summary>Positive and hard negative are the same.</summary>
    Equal,

    /// <summary>An earlier row has nearly the same answer.</summary>
    NearDuplicate,

    /// <summary>Too many earlier rows have exactly this answer.</summary>
    TooFrequent,

    /// <summary>The embedding model finds the hard negative closer to the anchor than the positive.</summary>
    Judge,
}
