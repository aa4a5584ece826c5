namespace XlLoraOnnx.Formats;

/// <summary>Which model gives vectors, as an embedding generator says it when asked for this service.</summary>
/// <param name="ModelName">What evaluation results are filed under.</param>
/// <param name="Fingerprint">
/// <c>sha256:</c> + hex of everything that a vector depends on beside its text: weights, pooling, tokenizer, options; or
/// <see cref="NoRevision"/>.
/// </param>
public sealed record EmbeddingModelIdentity(string ModelName, string Fingerprint)
{
    /// <summary>What MTEB writes for a model whose revision nobody knows.</summary>
    public const string NoRevision = "no_revision_available";

    /// <summary>By what its authors compare vectors (<c>dot</c>, <c>euclidean</c>, <c>manhattan</c>); null for the cosine, or where nobody
    /// says.</summary>
    public string? Similarity { get; init; }

    /// <summary>The beginning of the fingerprint, as results are filed.</summary>
    public string Revision => RevisionOf(Fingerprint);

    /// <summary>Twelve hex digits of a hash; what is no hash stays as it is.</summary>
    public static string RevisionOf(string fingerprint)
    {
        ArgumentNullException.ThrowIfNull(fingerprint);
        const string Hash = "sha256:";
        const int Digits = 12;
        return fingerprint.StartsWith(Hash, StringComparison.Ordinal)
            ? fingerprint[Hash.Length..Math.Min(Hash.Length + Digits, fingerprint.Length)]
            : fingerprint;
    }
}
