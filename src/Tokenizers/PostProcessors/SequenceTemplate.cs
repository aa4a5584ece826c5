namespace XlLoraOnnx.Tokenizers;

/// <summary>A place of a template: a sequence of the caller's, or special tokens.</summary>
/// <param name="Sequence">0 for the first, 1 for the second; −1: special tokens.</param>
/// <param name="TypeId">The <c>token_type_ids</c> of what stands here.</param>
internal sealed record TemplatePlace(int Sequence, int TypeId, int[] SpecialIds)
{
    public const int Special = -1;
}

/// <summary>What is put around one sequence, and around two.</summary>
internal sealed record SequenceTemplate(TemplatePlace[] Single, TemplatePlace[] Pair)
{
    /// <summary>Nothing is; the second sequence has type 1.</summary>
    public static SequenceTemplate Plain { get; } = new([Text(0, 0)], [Text(0, 0), Text(1, 1)]);

    /// <summary>How many tokens a single text of so many has within the template, which may have it more than once.</summary>
    public int Count(int tokens) => SpecialCount(pair: false) + Single.Count(p => p.Sequence != TemplatePlace.Special) * tokens;

    /// <summary>How many tokens a single text may have, so that with the template they are not more than a number; below 0: the special
    /// tokens alone are more.</summary>
    public int Room(int most)
    {
        var room = most - SpecialCount(pair: false);
        return room < 0 ? room : room / Math.Max(Single.Count(p => p.Sequence != TemplatePlace.Special), 1);
    }

    public int SpecialCount(bool pair) => (pair ? Pair : Single).Sum(p => p.SpecialIds.Length);

    public static TemplatePlace Text(int sequence, int typeId) => new(sequence, typeId, []);

    public static TemplatePlace Token(int id, int typeId) => new(TemplatePlace.Special, typeId, [id]);
}

/// <summary>The section <c>post_processor</c>.</summary>
/// <param name="Bare">What types the sequences have where no special tokens are wanted.</param>
/// <param name="TrimsOffsets">Offsets leave out the spaces at the ends of tokens.</param>
/// <param name="AddsPrefixSpace">The first space was put there by the tokenizer.</param>
internal sealed record PostProcessor(SequenceTemplate Template, SequenceTemplate Bare, bool TrimsOffsets, bool AddsPrefixSpace)
{
    public static PostProcessor None { get; } = new(SequenceTemplate.Plain, SequenceTemplate.Plain, false, false);
}
