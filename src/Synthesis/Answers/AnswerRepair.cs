namespace XlLoraOnnx.Synthesis;

/// <summary>What was taken away from an answer so that the sentence alone is left, in the order in which it is looked for.</summary>
internal enum AnswerRepair
{
    /// <summary>White space around it.</summary>
    Trim,

    /// <summary>Markers of a chat template before or after it, and what the model said after the end of its turn.</summary>
    TurnMarker,

    /// <summary>Words before it that speak about it: <c>Here is an entailment sentence:</c>.</summary>
    Preamble,

    /// <summary>Words after it that explain it, or a further labelled sentence.</summary>
    Explanation,

    /// <summary>The number or bullet of a list, and the items after the first.</summary>
    ListItem,

    /// <summary>Emphasis, headings, code fences.</summary>
    Markdown,

    /// <summary>Quotes around the whole.</summary>
    Quotes,

    /// <summary>Line breaks within it, which become spaces.</summary>
    LineBreaks,
}
