namespace XlLoraOnnx.Tokenizers;

/// <summary>The ids and offsets of one sequence, before anything is put around it.</summary>
internal sealed record EncodedSequence(int[] Ids, TokenOffset[] Offsets)
{
    public static EncodedSequence Empty { get; } = new([], []);

    public int Length => Ids.Length;

    public EncodedSequence Cut(int length, SequenceSide side) =>
        length >= Length ? this
        : side == SequenceSide.Right ? new EncodedSequence(Ids[..length], Offsets[..length])
        : new EncodedSequence(Ids[^length..], Offsets[^length..]);

    /// <summary>Byte-level tokens: spaces at their ends do not count (as in <c>process_offsets</c> of the reference).</summary>
    public EncodedSequence TrimOffsets(Func<int, string> tokenOf, bool addsPrefixSpace)
    {
        var trimmed = new TokenOffset[Length];
        for (var i = 0; i < Length; i++)
        {
            var (start, end) = Offsets[i];
            var token = tokenOf(Ids[i]);
            var leading = token.TakeWhile(IsSpace).Count();
            var trailing = token.Reverse().TakeWhile(IsSpace).Count();
            // The tokenizer itself put the first space there.
            if (leading == 1 && (i == 0 || start == 0) && addsPrefixSpace)
                leading = 0;
            start = Math.Min(start + leading, end);
            trimmed[i] = new TokenOffset(start, end >= trailing ? Math.Max(end - trailing, start) : end);
        }
        return this with { Offsets = trimmed };
    }

    private static bool IsSpace(char c) => c == ByteAlphabet.Space || Characters.IsSpace(c);
}
