using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Training;

/// <summary>An encoder that is being trained, as evaluation takes any embedding model: texts of like length go together.</summary>
/// <remarks>Texts are cut where the encoder's positions end, and not where training cuts them (the reference evaluates so). Not safe for
/// concurrent use: a call works until it is done.</remarks>
/// <param name="embed">Vectors of a batch, [texts, dimension], with the weights as they are.</param>
/// <param name="modelName">What results are filed under.</param>
internal sealed class BatchEmbeddingGenerator(
    XlLoraTokenizer tokenizer, EncoderFacts facts, Func<EncoderBatch, float[]> embed, string modelName)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>simcse_train.py evaluates so many at once.</summary>
    private const int TextsPerBatch = 128;

    private const int TokensPerBatch = 1 << 13;

    private readonly TrainingTextEncoder _encoder = new(tokenizer, facts, facts.MaxSequenceLength);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var texts = values.Select(text => _encoder.Encode(text, out _)).ToArray();
        var order = Enumerable.Range(0, texts.Length).OrderByDescending(i => texts[i].Length).ToArray();
        var vectors = new Embedding<float>[texts.Length];
        for (var first = 0; first < order.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // the first is the longest
            var count = Math.Clamp(TokensPerBatch / texts[order[first]].Length, 1, Math.Min(TextsPerBatch, order.Length - first));
            var places = order.AsSpan(first, count).ToArray();
            var values32 = embed(new EncoderBatch(Array.ConvertAll(places, p => texts[p]), facts.PadTokenId));
            var dimension = values32.Length / count;
            for (var i = 0; i < count; i++)
                vectors[places[i]] = new Embedding<float>(values32.AsMemory(i * dimension, dimension));
            first += count;
        }
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(vectors));
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is not null ? null
        : serviceType == typeof(EmbeddingModelIdentity) ? new EmbeddingModelIdentity(modelName, EmbeddingModelIdentity.NoRevision)
        : serviceType.IsInstanceOfType(this) ? this
        : null;

    public void Dispose()
    {
    }
}
