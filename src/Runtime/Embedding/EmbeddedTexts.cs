namespace XlLoraOnnx.Runtime;

/// <summary>The vectors of a call, and what they took.</summary>
/// <param name="Tokens">That the encoder read, special tokens included, of texts that were not in the cache.</param>
/// <param name="CachedTexts">Whose vectors were in the cache.</param>
/// <param name="TruncatedTexts">That were longer than the encoder reads.</param>
internal sealed record EmbeddedTexts(EmbeddingMatrix Vectors, long Tokens, int CachedTexts, int TruncatedTexts);
