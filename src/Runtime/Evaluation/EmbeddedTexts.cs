using System.Numerics.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>Vectors of texts, each text embedded once however often it occurs.</summary>
internal sealed class EmbeddedTexts
{
    private readonly Dictionary<string, int> _rows;

    private EmbeddedTexts(EmbeddingMatrix matrix, Dictionary<string, int> rows) => (Matrix, _rows) = (matrix, rows);

    public EmbeddingMatrix Matrix { get; }

    public int RowOf(string text) => _rows[text];

    public ReadOnlySpan<float> this[string text] => Matrix[_rows[text]];

    /// <exception cref="InvalidDataException">A vector has a number that is not finite, or no direction.</exception>
    public static async Task<EmbeddedTexts> CreateAsync(
        ITextEmbedder embedder, IEnumerable<string> texts, string source, Action<long, long> report, CancellationToken cancellationToken)
    {
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var text in texts)
            rows.TryAdd(text, rows.Count);
        string[] unique = [.. rows.Keys];
        var progress = new Reporter(done => report(done, unique.Length));
        var matrix = await embedder.EmbedAsync(unique, progress, cancellationToken).ConfigureAwait(false);
        if (matrix.Rows != unique.Length || matrix.Dimension != embedder.Dimension)
            throw new InvalidDataException(
                $"{embedder.ModelName} gave {matrix.Rows} vectors of {matrix.Dimension} numbers for {unique.Length} texts; " +
                $"{unique.Length} of {embedder.Dimension} were promised.");
        for (int i = 0; i < unique.Length; i++)
            Check(matrix[i], unique[i], embedder.ModelName, source);
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

    // Progress<T> would report on other threads, and late.
    private sealed class Reporter(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
