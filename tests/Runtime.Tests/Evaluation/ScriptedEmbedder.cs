namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Vectors from a function of the text; remembers what it was asked.</summary>
internal sealed class ScriptedEmbedder(int dimension, Func<string, float[]> vector, string name = "acme/scripted") : ITextEmbedder
{
    public List<string> Asked { get; } = [];

    public string ModelName => name;

    public string Fingerprint => "sha256:0123456789abcdef0123456789abcdef";

    public int Dimension => dimension;

    /// <summary>Counts of letters and a hash of the words: alike texts have alike vectors, and no text has none.</summary>
    public static ScriptedEmbedder OfWords(int dimension = 48, uint seed = 7, string name = "acme/scripted") => new(dimension, text =>
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

    public Task<EmbeddingMatrix> EmbedAsync(
        IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        Asked.AddRange(texts);
        var values = texts.SelectMany(vector).ToArray();
        progress?.Report(texts.Count);
        return Task.FromResult(new EmbeddingMatrix(texts.Count, dimension, values));
    }
}
