namespace XlLoraOnnx.Tokenizers;

// Everything that the reference knows about texts and pairs of texts: pieces, offsets, masks, truncation, padding.
public sealed partial class XlLoraTokenizer
{
    /// <summary>Ids, pieces, offsets and masks of a text, or of a pair.</summary>
    /// <exception cref="ArgumentException">The options contradict each other or the tokenizer.</exception>
    public TokenizerEncoding Encode(string text, string? pair = null, TokenizerOptions? options = null) =>
        EncodeBatch([(text, pair)], options)[0];

    /// <summary>Encodes texts; <see cref="PaddingLength.Longest"/> is the longest of them.</summary>
    public IReadOnlyList<TokenizerEncoding> EncodeBatch(IEnumerable<string> texts, TokenizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return EncodeBatch(texts.Select(t => (t, (string?)null)), options);
    }

    /// <summary>Encodes texts and pairs of texts.</summary>
    public IReadOnlyList<TokenizerEncoding> EncodeBatch(IEnumerable<(string Text, string? Pair)> texts, TokenizerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new TokenizerOptions();
        options.Validate();
        if (options.Padding != PaddingLength.None && PadTokenId is null)
            throw new ArgumentException($"Padding needs a pad_token in {TokenizerConfig.FileName}; this tokenizer has none.");
        var builders = texts.Select(t => Build(t.Text, t.Pair, options)).ToList();
        if (options.Padding != PaddingLength.None && builders.Count > 0)
        {
            var length = options.Padding == PaddingLength.MaxLength ? options.MaxLength!.Value : builders.Max(b => b.Count);
            length = (length + options.PadToMultipleOf - 1) / options.PadToMultipleOf * options.PadToMultipleOf;
            builders.ForEach(b => b.Pad(length, PadTokenId!.Value, options.PaddingSide ?? PaddingSide));
        }
        return [.. builders.Select(b => b.Build())];
    }

    private EncodingBuilder Build(string text, string? pair, TokenizerOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        var template = Template(options.AddSpecialTokens ?? AddsSpecialTokens);
        var (first, second) = (Sequence(text), pair is null ? EncodedSequence.Empty : Sequence(pair));
        if (options.MaxLength is { } most)
        {
            var room = most - template.SpecialCount(pair is not null);
            if (room < 0)
                throw new ArgumentException($"MaxLength is {most}; the special tokens alone are {most - room}.");
            var (n1, n2) = Truncation.Fit(first.Length, second.Length, pair is not null, room, options.Truncation);
            var side = options.TruncationSide ?? (_config.TruncatesLeft ? SequenceSide.Left : SequenceSide.Right);
            (first, second) = (first.Cut(n1, side), second.Cut(n2, side));
        }
        var builder = new EncodingBuilder(TokenOf);
        foreach (var place in pair is null ? template.Single : template.Pair)
        {
            foreach (var id in place.SpecialIds)
                builder.Add(id, default, place.TypeId, special: true);
            var sequence = place.Sequence == 0 ? first : place.Sequence == 1 ? second : EncodedSequence.Empty;
            for (var i = 0; i < sequence.Length; i++)
                builder.Add(sequence.Ids[i], sequence.Offsets[i], place.TypeId, special: false);
        }
        return builder;
    }

    private EncodedSequence Sequence(string text)
    {
        var workspace = _workspaces.Rent();
        var ids = Encode(text, tracks: true, workspace).ToArray();
        var sequence = new EncodedSequence(ids, [.. workspace.Output.Offsets.ToArray().Select(o => new TokenOffset(o.Start, o.End))]);
        _workspaces.Return(workspace, text.Length);
        var post = _pipeline.PostProcessor;
        return post.TrimsOffsets ? sequence.TrimOffsets(TokenOf, post.AddsPrefixSpace) : sequence;
    }
}
