namespace XlLoraOnnx.Training;

/// <summary>Texts to the ids that an encoder's graph reads. Safe for concurrent use.</summary>
/// <param name="facts">Whether texts are lower-cased before, as sentence-transformers does.</param>
/// <param name="maxLength">Of ids, special tokens included.</param>
internal sealed class TrainingTextEncoder(XlLoraTokenizer tokenizer, EncoderFacts facts, int maxLength)
{
    private readonly TokenizerOptions _cut = new() { MaxLength = maxLength };

    // an unknown word is a word all the same
    private readonly HashSet<int> _special =
        [.. tokenizer.SpecialTokens.Values.Where(id => id != tokenizer.UnknownTokenId), facts.PadTokenId];

    /// <param name="hasTokens">Whether there is a token that is neither special nor padding.</param>
    /// <returns>At least one id.</returns>
    public int[] Encode(string text, out bool hasTokens)
    {
        if (facts.DoLowerCase)
            text = text.ToLowerInvariant();
        int[] ids = [.. tokenizer.EncodeToIds(text)];
        if (ids.Length > maxLength)
            ids = [.. tokenizer.Encode(text, options: _cut).Ids];
        hasTokens = Array.Exists(ids, id => !_special.Contains(id));
        return ids.Length > 0 ? ids : [facts.PadTokenId];
    }
}
