namespace XlLoraOnnx.Runtime;

/// <summary>Turns texts into vectors: a loaded encoder, or a scripted one in tests.</summary>
public interface ITextEmbedder
{
    /// <summary>What evaluation results are filed under.</summary>
    string ModelName { get; }

    /// <summary>
    /// <c>sha256:</c> + hex of everything that a vector depends on beside its text: weights, pooling, tokenizer, options.
    /// </summary>
    string Fingerprint { get; }

    /// <summary>Numbers of a vector.</summary>
    int Dimension { get; }

    /// <summary>Embeds any number of texts; batches and their order are the embedder's business.</summary>
    /// <param name="texts">May repeat and may be empty texts.</param>
    /// <param name="progress">Told how many texts are done, now and then.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <returns>Row i is the vector of text i: [texts, dimension].</returns>
    Task<EmbeddingMatrix> EmbedAsync(
        IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default);
}
