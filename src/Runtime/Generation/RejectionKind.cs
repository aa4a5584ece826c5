namespace XlLoraOnnx.Runtime;

/// <summary>What kept a row from being generated.</summary>
public enum RejectionKind
{
    /// <summary>Prompt and new tokens together do not fit into the model's longest sequence.</summary>
    TooLong,

    /// <summary>The message holds the text of a special token.</summary>
    SpecialToken,

    /// <summary>The request itself is wrong, or the row failed.</summary>
    Invalid,

    /// <summary>The adapter was removed before the row was done.</summary>
    AdapterRemoved,

    /// <summary>The device failed in the middle of the row, and no other could take it.</summary>
    Failed,
}
