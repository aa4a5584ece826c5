using System.Numerics.Tensors;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Evaluation;

/// <summary>Vectors of texts with the same prompt before each, embedded once however often a text occurs.</summary>
internal sealed class EmbeddedTexts
{
    private readonly Dictionary<string, int> _rows;

    private EmbeddedTexts(EmbeddingMatrix matrix, Dictionary<string, int> rows) => (Matrix, _rows) = (matrix, rows);

    public EmbeddingMatrix Matrix { get; }

    public int RowOf(string text) => _rows[text];

    public ReadOnlySpan<float> this[string text] => Matrix[_rows[text]];

    /// <exception cref="InvalidDataException">A vector has a number that is not finite, or no direction.</exception>
    public static async Task<EmbeddedTexts> CreateAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, IEnumerable<string> texts, string prompt, string source,
        Action<long, long> report, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in texts)
            rows.TryAdd(text, rows.Count);
        string[] unique = [.. rows.Keys];
        var matrix = await generator.EmbedAsync(unique, prompt, done => report(done, unique.Length), cancellationToken)
            .ConfigureAwait(false);
        var model = generator.Identity().ModelName;
        for (int i = 0; i < unique.Length; i++)
            Check(matrix[i], unique[i], model, source);
        return new EmbeddedTexts(matrix, rows);
    }

    /// <summary>The vectors of chosen texts, in their order.</summary>
    public VectorRows Select(IEnumerable<string> texts) => new(Matrix, [.. texts.Select(RowOf)]);

    private static void Check(ReadOnlySpan<float> vector, string text, string model, string source)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            if (!float.IsFinite(vector[i]))
                throw new InvalidDataException(
                    $"{model} gave {vector[i]} at place {i} of the vector of \"{Shortened.Of(text)}\" ({source}); every number must be " +
                    $"finite.");
        }
        var norm = TensorPrimitives.Norm(vector);
        if (!(norm > 0 && float.IsFinite(norm)))
            throw new InvalidDataException(
                $"{model} gave a vector of length {norm} for \"{Shortened.Of(text)}\" ({source}); its direction, and so every cosine " +
                $"with it, is not defined.");
    }
}
