namespace XlLoraOnnx.Exporter;

/// <summary>
/// Whether the embedding serves as the head. config.json says so, and the file may say otherwise: a head that was trained apart. As
/// transformers 5 (modeling_utils.py, tie_weights) does, what both are in the file stays apart, unless they are the same.
/// </summary>
internal static class DecoderHead
{
    private const string Embedding = "model.embed_tokens.weight";
    private const string Head = WeightFormats.Head + ".weight";

    public const string Notice =
        $"tie_word_embeddings says that the embedding is the head, and the checkpoint has another {Head}: it is exported as the head, "
        + "untied, as transformers 5 loads it. To have them tied, remove it from the checkpoint.";

    /// <exception cref="InvalidDataException">They are not to be tied, and there is no head.</exception>
    public static bool IsTied(DecoderConfig config, TextWeights weights)
    {
        if (config.TieWordEmbeddings)
            return !weights.Contains(Head) || !weights.Contains(Embedding) || weights.AreEqual(Head, Embedding);
        if (!weights.Contains(Head) && weights.Contains(Embedding))
            throw new InvalidDataException(
                $"'{config.Path}' does not tie the head to the embedding (tie_word_embeddings), and the checkpoint has no {Head}. If the "
                + "embedding is the head, set tie_word_embeddings to true in a copy of config.json; a model without a head gives vectors: "
                + "--pooling last or mean.");
        return false;
    }
}
