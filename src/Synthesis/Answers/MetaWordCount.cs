namespace XlLoraOnnx.Synthesis;

/// <summary>What the words of a possible preamble are.</summary>
/// <param name="Specific">Words of the work asked for: entailment, contradiction.</param>
/// <param name="Generic">Words for any answer: sentence, answer.</param>
/// <param name="Openers">Sure, here.</param>
/// <param name="Unknown">Words that no preamble needs.</param>
internal readonly record struct MetaWordCount(int Words, int Specific, int Generic, int Openers, int Unknown)
{
    /// <summary>Nothing in it but words about an answer, and at least one that says so.</summary>
    public bool IsLabel => Unknown == 0 && (Specific > 0 || Generic > 0 && (Words <= 4 || Openers > 0));

    /// <summary>A line of its own that only announces: <c>Sure!</c>.</summary>
    public bool IsAnnouncement =>
        Unknown == 0 && Words > 0 && (Specific > 0 || Generic == Words || Openers > 0 && (Generic > 0 || Words <= 3));
}
