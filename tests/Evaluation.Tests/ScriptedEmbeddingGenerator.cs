using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Tests;

/// <summary>Vectors from a function of the text; remembers what it was asked.</summary>
internal sealed class ScriptedEmbeddingGenerator(Func<string, float[]> vector, string name = "acme/scripted")
    : IEmbeddingGenerator<string, Embedding<float>>
{
    public List<string> Asked { get; } = [];

    /// <summary>What it offers to write before texts; null for a generator that knows no prompts.</summary>
    public EmbeddingPrompts? Prompts { get; set; }

    /// <summary>By what its authors would compare vectors; null for the cosine.</summary>
    public string? Similarity { get; set; }

    /// <summary>Whether it says which model it is, as ours do; services of others do not.</summary>
    public bool HasIdentity { get; init; } = true;

    /// <summary>Counts of letters and a hash of the words: alike texts have alike vectors, and no text has none.</summary>
    public static ScriptedEmbeddingGenerator OfWords(int dimension = 48, uint seed = 7, string name = "acme/scripted") => new(text =>
    {
        var vector = new float[dimension];
        vector[0] = 0.1f;
        foreach (var word in text.Split(' '))
        {
            var hash = seed * 2166136261;
            foreach (var c in word)
                hash = (hash ^ c) * 16777619;
            vector[1 + (int)(hash % (uint)(dimension - 1))] += 1;
        }
        return vector;
    }, name);

    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var prompt = options?.AdditionalProperties?[EmbeddingPrompts.PromptProperty] as string ?? Prompts?.Default;
        string[] texts = [.. values.Select(t => prompt + t)];
        Asked.AddRange(texts);
        return Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(texts.Select(t => new Embedding<float>(vector(t)))));
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceType == typeof(EmbeddingModelIdentity) && HasIdentity
            ? new EmbeddingModelIdentity(name, "sha256:0123456789abcdef0123456789abcdef") { Similarity = Similarity }
            : serviceType == typeof(EmbeddingPrompts) ? Prompts
            : serviceType == typeof(EmbeddingGeneratorMetadata) ? new EmbeddingGeneratorMetadata("scripted", null, name) : null;

    public void Dispose()
    {
        // holds nothing
    }
}
