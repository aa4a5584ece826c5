using System.Text.Json;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Runtime;

/// <summary>A <see cref="TextEmbedder"/> as Microsoft.Extensions.AI knows embedding models.</summary>
/// <remarks>
/// Safe for concurrent use; calls that come together run together. The usage of a call counts what the encoder read: tokens of the texts as
/// they were cut, special tokens included. A text whose vector is in the cache costs none, and is counted under
/// <see cref="CachedTextsCount"/>.
/// </remarks>
public sealed class XlLoraEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>, IAsyncDisposable
{
    /// <summary>Key, in <see cref="UsageDetails.AdditionalCounts"/>, of the number of texts whose vectors were in the cache.</summary>
    public const string CachedTextsCount = "cached_texts";

    private readonly TextEmbedder _embedder;
    private readonly bool _owns;
    private readonly EmbeddingGeneratorMetadata _metadata;
    private bool _callerMeasures;

    /// <summary>Loads an encoder folder, and owns it.</summary>
    /// <inheritdoc cref="TextEmbedder.Load"/>
    public XlLoraEmbeddingGenerator(string folder, EmbeddingOptions? options = null) : this(TextEmbedder.Load(folder, options), owns: true)
    {
    }

    /// <summary>Serves a loaded embedder; the caller keeps ownership.</summary>
    /// <param name="embedder">It must live as long as this.</param>
    public XlLoraEmbeddingGenerator(TextEmbedder embedder)
        : this(embedder ?? throw new ArgumentNullException(nameof(embedder)), owns: false)
    {
    }

    private XlLoraEmbeddingGenerator(TextEmbedder embedder, bool owns)
    {
        (_embedder, _owns) = (embedder, owns);
        _metadata = new EmbeddingGeneratorMetadata(XlLoraTelemetry.ProviderName, providerUri: null, embedder.ModelName, embedder.Dimension);
    }

    /// <inheritdoc/>
    /// <param name="options"><see cref="EmbeddingGenerationOptions.Dimensions"/> and <see cref="EmbeddingGenerationOptions.ModelId"/> may
    /// only say what the model is. Among <see cref="EmbeddingGenerationOptions.AdditionalProperties"/>, <c>prompt</c> is written before
    /// each text, or the model's prompt called <c>prompt_name</c> (see <see cref="EmbeddingPrompts"/>); without either, the default
    /// one.</param>
    /// <exception cref="NotSupportedException">The options ask for another model or other dimensions.</exception>
    /// <exception cref="ArgumentException">Both prompts are given, one is no text, or no prompt has the name.</exception>
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
        var embedded = await _embedder.EmbedAsync(texts, Prompt(options), progress: null, _callerMeasures, cancellationToken)
            .ConfigureAwait(false);
        var (created, vectors) = (DateTimeOffset.UtcNow, embedded.Vectors);
        var embeddings = new GeneratedEmbeddings<Embedding<float>>(vectors.Rows) { Usage = Usage(embedded) };
        for (var row = 0; row < vectors.Rows; row++)
            embeddings.Add(new Embedding<float>(vectors[row].ToArray()) { CreatedAt = created, ModelId = _embedder.ModelName });
        return embeddings;
    }

    /// <summary>A pipeline around this generator, which counts nothing that <c>UseOpenTelemetry()</c> counts.</summary>
    /// <remarks>Its <c>Build</c> makes a generator that owns this one.</remarks>
    public EmbeddingGeneratorBuilder<string, Embedding<float>> AsBuilder() => Pipeline(_ => this);

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        return serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(EmbeddingModelIdentity) ? Identity()
            : serviceType == typeof(EmbeddingPrompts) ? _embedder.Prompts
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

    /// <summary>Disposes of the embedder if it was loaded here, without holding up the caller while batches run.</summary>
    public ValueTask DisposeAsync() => _owns ? _embedder.DisposeAsync() : ValueTask.CompletedTask;

    /// <summary>What is used first is outermost, so that it sees what else has been used.</summary>
    internal static EmbeddingGeneratorBuilder<string, Embedding<float>> Pipeline(
        Func<IServiceProvider, IEmbeddingGenerator<string, Embedding<float>>> generator) =>
        new EmbeddingGeneratorBuilder<string, Embedding<float>>(generator).Use(whole =>
        {
            if (whole.GetService(typeof(OpenTelemetryEmbeddingGenerator<string, Embedding<float>>)) is not null
                && whole.GetService(typeof(XlLoraEmbeddingGenerator)) is XlLoraEmbeddingGenerator inner)
                inner._callerMeasures = true;
            return whole;
        });

    private EmbeddingModelIdentity Identity() =>
        new(_embedder.ModelName, _embedder.Fingerprint) { Similarity = _embedder.Similarity };

    private string Prompt(EmbeddingGenerationOptions? options)
    {
        var (prompt, name) = (Asked(options, EmbeddingPrompts.PromptProperty), Asked(options, EmbeddingPrompts.NameProperty));
        if (prompt is not null && name is not null)
            throw new ArgumentException(
                $"Both {EmbeddingPrompts.PromptProperty} and {EmbeddingPrompts.NameProperty} are asked for; only one can "
                + "stand before a text.",
                nameof(options));
        return prompt ?? (name is null ? _embedder.Prompts.Default : _embedder.Prompts.Text(name));
    }

    private static string? Asked(EmbeddingGenerationOptions? options, string property) =>
        options?.AdditionalProperties?.GetValueOrDefault(property) switch
        {
            null => null,
            string text => text,
            JsonElement { ValueKind: JsonValueKind.String } json => json.GetString(),
            JsonElement { ValueKind: JsonValueKind.Null } => null,
            var other => throw new ArgumentException(
                $"The additional property {property} is {other}; it must be a string.", nameof(options)),
        };

    private static UsageDetails Usage(EmbeddedTexts embedded)
    {
        var usage = new UsageDetails { InputTokenCount = embedded.Tokens, TotalTokenCount = embedded.Tokens };
        if (embedded.CachedTexts > 0)
            usage.AdditionalCounts = new() { [CachedTextsCount] = embedded.CachedTexts };
        return usage;
    }
}
