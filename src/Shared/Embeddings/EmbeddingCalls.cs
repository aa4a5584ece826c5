using Microsoft.Extensions.AI;

namespace XlLoraOnnx;

/// <summary>What evaluation and judge ask of any embedding generator.</summary>
internal static class EmbeddingCalls
{
    /// <summary>A window of our own embedder, and a bearable request for a service.</summary>
    private const int TextsPerCall = 4096;

    /// <summary>While one call ends, the next keeps the generator busy.</summary>
    private const int CallsAtOnce = 2;

    /// <summary>What the generator says of itself; of a stranger its model id, or else the name of its type.</summary>
    public static EmbeddingModelIdentity Identity(this IEmbeddingGenerator<string, Embedding<float>> generator) =>
        generator.GetService<EmbeddingModelIdentity>()
        ?? new EmbeddingModelIdentity(
            generator.GetService<EmbeddingGeneratorMetadata>()?.DefaultModelId ?? generator.GetType().Name,
            EmbeddingModelIdentity.NoRevision);

    /// <returns>Row i is the vector of text i: [texts, dimension].</returns>
    /// <param name="prompt">Stands before each text in place of what the generator would write; null for that. A generator that does not
    /// offer <see cref="EmbeddingPrompts"/> is given the texts with the prompt before them.</param>
    /// <param name="progress">Told how many texts are done, after each call.</param>
    /// <exception cref="InvalidDataException">The generator gives another number of vectors, or vectors of different lengths.</exception>
    public static async Task<EmbeddingMatrix> EmbedAsync(
        this IEmbeddingGenerator<string, Embedding<float>> generator, IReadOnlyList<string> texts, string? prompt, Action<int>? progress,
        CancellationToken cancellationToken)
    {
        var (options, before) = Asked(generator, prompt);
        var calls = new Queue<Task<GeneratedEmbeddings<Embedding<float>>>>();
        EmbeddingMatrix? matrix = null;
        float[] values = [];
        var (asked, done) = (0, 0);
        while (done < texts.Count)
        {
            while (asked < texts.Count && calls.Count < CallsAtOnce)
            {
                string[] part = [.. texts.Skip(asked).Take(TextsPerCall).Select(t => before + t)];
                calls.Enqueue(generator.GenerateAsync(part, options, cancellationToken));
                asked += part.Length;
            }
            var vectors = await calls.Dequeue().ConfigureAwait(false);
            var expected = Math.Min(TextsPerCall, texts.Count - done);
            if (vectors.Count != expected)
                throw new InvalidDataException(
                    $"{generator.Identity().ModelName} gave {vectors.Count} vectors for {expected} texts; one for each is needed.");
            if (matrix is null)
            {
                var dimension = vectors[0].Vector.Length;
                values = new float[checked(texts.Count * dimension)];
                matrix = new EmbeddingMatrix(texts.Count, dimension, values);
            }
            foreach (var vector in vectors)
                Copy(vector.Vector.Span, values.AsSpan(done++ * matrix.Dimension, matrix.Dimension), generator);
            progress?.Invoke(done);
        }
        return matrix ?? new EmbeddingMatrix(0, 1, values);
    }

    private static (EmbeddingGenerationOptions? Options, string Before) Asked(
        IEmbeddingGenerator<string, Embedding<float>> generator, string? prompt) =>
        prompt is null ? (null, "")
        : generator.GetService<EmbeddingPrompts>() is null ? (null, prompt)
        : (new() { AdditionalProperties = new() { [EmbeddingPrompts.PromptProperty] = prompt } }, "");

    private static void Copy(ReadOnlySpan<float> vector, Span<float> row, IEmbeddingGenerator<string, Embedding<float>> generator)
    {
        if (vector.Length != row.Length)
            throw new InvalidDataException($"{generator.Identity().ModelName} gave a vector of {vector.Length} numbers after one of "
                + $"{row.Length}; all must have the same.");
        vector.CopyTo(row);
    }
}
