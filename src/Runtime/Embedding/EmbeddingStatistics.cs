namespace XlLoraOnnx.Runtime;

/// <summary>What an embedder has done since it was loaded.</summary>
public sealed record EmbeddingStatistics
{
    /// <summary>Texts that were asked for.</summary>
    public required long Texts { get; init; }

    /// <summary>Of them, those whose vector was in the cache.</summary>
    public required long CachedTexts { get; init; }

    /// <summary>Texts that were longer than the model reads, and were cut.</summary>
    public required long TruncatedTexts { get; init; }

    /// <summary>Runs of the model.</summary>
    public required long Batches { get; init; }

    /// <summary>Tokens of the texts that ran, special tokens included.</summary>
    public required long Tokens { get; init; }

    /// <summary>Tokens that ran, padding included.</summary>
    public required long PaddedTokens { get; init; }

    /// <summary>Share of what ran that was no padding.</summary>
    public double UsefulTokenShare => PaddedTokens == 0 ? 1 : (double)Tokens / PaddedTokens;

    internal EmbeddingStatistics Since(EmbeddingStatistics earlier) => new()
    {
        Texts = Texts - earlier.Texts,
        CachedTexts = CachedTexts - earlier.CachedTexts,
        TruncatedTexts = TruncatedTexts - earlier.TruncatedTexts,
        Batches = Batches - earlier.Batches,
        Tokens = Tokens - earlier.Tokens,
        PaddedTokens = PaddedTokens - earlier.PaddedTokens,
    };
}
