namespace XlLoraOnnx.Training;

/// <summary>A batch whose tokens are to be guessed (BERT, arXiv 1810.04805): of those chosen 80 % become the mask, 10 % any other token,
/// 10 % stay (transformers, DataCollatorForLanguageModeling; simcse_train.py, mask_tokens).</summary>
internal sealed class MaskedTokens
{
    /// <summary>Of <see cref="CounterRandom"/>, with the step below: no other numbers of a run are drawn from there.</summary>
    private const ulong Stream = 1UL << 61;

    /// <summary>Where nothing is to be guessed, as torch's cross_entropy leaves out.</summary>
    public const long NoLabel = -100;

    private const double MaskShare = 0.8;
    private const double RandomShare = 0.1;

    private readonly int _maskTokenId;
    private readonly int _vocabSize;
    private readonly HashSet<int> _special;
    private readonly double _probability;
    private readonly ulong _seed;

    /// <param name="vocabSize">Of the model: random tokens are drawn below it.</param>
    /// <param name="probability">That a token which is not special is chosen.</param>
    /// <exception cref="NotSupportedException">The tokenizer has no mask.</exception>
    public MaskedTokens(XlLoraTokenizer tokenizer, int vocabSize, double probability, long seed)
    {
        // of RoBERTa and of BERT
        if (!tokenizer.SpecialTokens.TryGetValue("<mask>", out _maskTokenId)
            && !tokenizer.SpecialTokens.TryGetValue("[MASK]", out _maskTokenId))
            throw new NotSupportedException("The tokenizer has neither <mask> nor [MASK] among its special tokens, so that no token can be "
                + "masked. Train without the masked-language-model loss.");
        (_vocabSize, _probability, _seed) = (vocabSize, probability, (ulong)seed);
        _special = [.. tokenizer.SpecialTokens.Values];
    }

    /// <param name="step">From 0, over all epochs: another one chooses others.</param>
    /// <returns>[texts, length] each; a label is <see cref="NoLabel"/> or the id that is to be guessed.</returns>
    public (long[] InputIds, long[] Labels) Apply(EncoderBatch batch, long step)
    {
        var ids = (long[])batch.InputIds.Clone();
        var labels = new long[ids.Length];
        var stream = Stream | (ulong)step;
        for (var i = 0; i < ids.Length; i++)
        {
            labels[i] = NoLabel;
            if (batch.AttentionMask[i] == 0 || _special.Contains((int)ids[i]) || Draw(i, 0) >= _probability)
                continue;
            labels[i] = ids[i];
            var share = Draw(i, 1);
            if (share < MaskShare)
                ids[i] = _maskTokenId;
            else if (share < MaskShare + RandomShare)
                ids[i] = CounterRandom.Below(_vocabSize, _seed, stream, Position(i, 2));
        }
        return (ids, labels);

        double Draw(int token, uint which) => CounterRandom.Unit(_seed, stream, Position(token, which));
    }

    private static ulong Position(int token, uint which) => 3UL * (ulong)token + which;
}
