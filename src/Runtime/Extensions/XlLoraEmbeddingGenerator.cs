using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>A <see cref="TextEmbedder"/> as Microsoft.Extensions.AI knows embedding models.</summary>
/// <remarks>Safe for concurrent use; calls that come together run together.</remarks>
public sealed class XlLoraEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly TextEmbedder _embedder;
    private readonly bool _owns;
    private readonly EmbeddingGeneratorMetadata _metadata;

    /// <summary>Loads an encoder folder, and owns it.</summary>
    /// <inheritdoc cref="TextEmbedder.Load"/>
    public XlLoraEmbeddingGenerator(string folder, EmbeddingOptions? options = null) : this(TextEmbedder.Load(folder, options), owns: true)
    {
    }

    /// <param name="embedder">Stays the caller's.</param>
    public XlLoraEmbeddingGenerator(TextEmbedder embedder)
        : this(embedder ?? throw new ArgumentNullException(nameof(embedder)), owns: false)
    {
    }

    private XlLoraEmbeddingGenerator(TextEmbedder embedder, bool owns)
    {
        (_embedder, _owns) = (embedder, owns);
        _metadata = new EmbeddingGeneratorMetadata("xllora-onnx", providerUri: null, embedder.ModelName, embedder.Dimension);
    }

    /// <inheritdoc/>
    /// <param name="options"><see cref="EmbeddingGenerationOptions.Dimensions"/> and <see cref="EmbeddingGenerationOptions.ModelId"/> may
    /// only say what the model is.</param>
    /// <exception cref="NotSupportedException">The options ask for another model or other dimensions.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is { } dimensions && dimensions != _embedder.Dimension)
            throw new NotSupportedException(
                $"Vectors of {dimensions} numbers are asked for; '{_embedder.ModelName}' has {_embedder.Dimension}.");
        if (options?.ModelId is { } model && model != _embedder.ModelName)
            throw new NotSupportedException($"The model '{model}' is asked for; this is '{_embedder.ModelName}'.");
        var texts = values as IReadOnlyList<string> ?? [.. values];
        var vectors = await _embedder.EmbedAsync(texts, progress: null, cancellationToken).ConfigureAwait(false);
        var created = DateTimeOffset.UtcNow;
        var embeddings = new GeneratedEmbeddings<Embedding<float>>(vectors.Rows);
        for (var row = 0; row < vectors.Rows; row++)
            embeddings.Add(new Embedding<float>(vectors[row].ToArray()) { CreatedAt = created, ModelId = _embedder.ModelName });
        return embeddings;
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(EmbeddingModelIdentity) ? new EmbeddingModelIdentity(_embedder.ModelName, _embedder.Fingerprint)
            : serviceType.IsInstanceOfType(_embedder) ? _embedder
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Disposes of the embedder if it was loaded here.</summary>
    public void Dispose()
    {
        if (_owns)
            _embedder.Dispose();
    }
}
