namespace XlLoraOnnx.Training;

/// <summary>A text some tokens of which are to be guessed.</summary>
/// <param name="Ids">What the model reads.</param>
/// <param name="Places">Of those tokens in the text, in their order.</param>
internal sealed record MaskedText(int[] Ids, int[] Places);

/// <summary>
/// Which tokens a masked language model guesses (BERT, arXiv 1810.04805, 3.1): a share of those that are not special; of ten, eight are
/// replaced by the mask, one by any token, and one stays. A function of the seed, the step, and the place in the batch.
/// </summary>
internal sealed class TokenMasking
{
    /// <summary>Of <see cref="CounterRandom"/>, with the step below: no other numbers of a run are drawn from there.</summary>
    private const ulong Stream = 1UL << 61;

    private const int BitsOfToken = 24;
    private const int Draws = 4;

    // as transformers' tokenizers call it where tokenizer_config.json does not say
    private static readonly string[] DefaultMasks = ["[MASK]", "<mask>"];

    private readonly HashSet<int> _special;
    private readonly int _mask;
    private readonly int _vocabulary;
    private readonly double _probability;
    private readonly ulong _seed;

    /// <param name="vocabulary">Words that the model has.</param>
    /// <param name="folder">That the tokenizer is of.</param>
    /// <exception cref="NotSupportedException">The tokenizer has no mask, or the model no word for it.</exception>
    public TokenMasking(XlLoraTokenizer tokenizer, int padTokenId, int vocabulary, string folder, double probability, long seed)
    {
        (_probability, _seed) = (probability, (ulong)seed);
        // as transformers' get_special_tokens_mask: unknown words are among them
        _special = [.. tokenizer.SpecialTokens.Values, padTokenId];
        _mask = tokenizer.MaskTokenId
            ?? DefaultMasks.Where(tokenizer.SpecialTokens.ContainsKey).Select(m => (int?)tokenizer.SpecialTokens[m]).FirstOrDefault()
            ?? throw new NotSupportedException($"The tokenizer of '{folder}' has no mask: tokenizer_config.json names no mask_token, and "
                + $"tokenizer.json has no special token {string.Join(" or ", DefaultMasks)}. Name it, or leave the masked-language-model "
                + "loss out.");
        if (_mask >= vocabulary)
            throw new NotSupportedException($"The mask of the tokenizer of '{folder}' has the id {_mask}, and the model {vocabulary} words. "
                + "Leave the masked-language-model loss out.");
        _vocabulary = Math.Min(vocabulary, tokenizer.VocabSize);
    }

    /// <returns>Of each text of the batch, the same however it is divided later.</returns>
    public MaskedText[] Of(EncoderBatch batch, long step) =>
        [.. Enumerable.Range(0, batch.Count).Select(text => Of(batch[text], Stream | (ulong)step, (ulong)text << BitsOfToken))];

    private MaskedText Of(ReadOnlySpan<int> text, ulong stream, ulong first)
    {
        var ids = text.ToArray();
        var places = new List<int>();
        for (var i = 0; i < ids.Length; i++)
        {
            var position = first + (ulong)(Draws * i);
            if (_special.Contains(ids[i]) || CounterRandom.Unit(_seed, stream, position) >= _probability)
                continue;
            places.Add(i);
            ids[i] = CounterRandom.Below(10, _seed, stream, position + 1) switch
            {
                < 8 => _mask,
                8 => CounterRandom.Below(_vocabulary, _seed, stream, position + 2),
                _ => ids[i],
            };
        }
        return new MaskedText(ids, [.. places]);
    }
}
