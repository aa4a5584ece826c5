
namespace XlLoraOnnx.Runtime;

/// <summary>Texts to the token ids that the graph reads: case and length as sentence-transformers would have them.</summary>
internal sealed class TextEncoder(XlLoraTokenizer tokenizer, EncoderFacts facts, int maxLength)
{
    private readonly TokenizerOptions _cut = new() { MaxLength = maxLength };

    /// <param name="text">With what is written before it, which is lower-cased with it.</param>
    /// <returns>At least one id.</returns>
    public int[] Encode(string text, out bool truncated)
    {
        if (facts.DoLowerCase)
            text = text.ToLowerInvariant();
        int[] ids = [.. tokenizer.EncodeToIds(text)];
        truncated = ids.Length > maxLength;
        if (truncated)
            ids = [.. tokenizer.Encode(text, options: _cut).Ids];
        // a tokenizer without special tokens gives nothing for nothing, and a row without tokens has no vector
        return ids.Length > 0 ? ids : [facts.PadTokenId];
    }
}
