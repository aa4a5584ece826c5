
namespace XlLoraOnnx.Runtime;

/// <summary>An encoder folder against recorded states and vectors: all rows in one padded batch, and each row alone.</summary>
internal static class EncoderParity
{
    private const string Vector = "sentence_embedding";

    public static void Compare(
        string folder, ModelManifest manifest, string referenceFile, ParityComparison comparison, CancellationToken cancellationToken)
    {
        var reference = EncoderReference.Read(referenceFile, manifest);
        var recorded = reference.Tensors.Keys.Where(name => name != Vector).ToArray();
        if (recorded.Length > 0)
        {
            using var hidden = new EncoderRun(folder, manifest, GraphRoles.Hidden, comparison.Options.Adapter);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (name, values) in recorded.Zip(hidden.Run(reference.Rows, recorded)))
            {
                var expected = reference.Tensors[name];
                if (EncoderReference.IsState(name))
                {
                    ClearPadding(values, reference.Rows);
                    ClearPadding(expected, reference.Rows);
                }
                comparison.Values(name, expected, values, EncoderReference.IsState(name) ? 0 : manifest.Dimensions.HiddenSize);
            }
        }
        if (ExpectedVectors(reference, manifest.Encoder!) is { } vectors)
            CompareVectors(folder, manifest, reference.Rows, vectors, comparison, cancellationToken);
    }

    private static void CompareVectors(string folder, ModelManifest manifest, EncoderRows rows, float[] expected,
        ParityComparison comparison, CancellationToken cancellationToken)
    {
        using var embedding = new EncoderRun(folder, manifest, GraphRoles.Embedding, comparison.Options.Adapter);
        comparison.Values($"{Vector} (batch)", expected, embedding.Run(rows, [Vector])[0], manifest.Encoder!.Dimension);
        var alone = new List<float>(expected.Length);
        for (var row = 0; row < rows.Count; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            alone.AddRange(embedding.Run(rows.Alone(row), [Vector])[0]);
        }
        comparison.Values(Vector, expected, [.. alone], manifest.Encoder!.Dimension);
    }

    /// <summary>The states of padding are nobody's business; some references zero them.</summary>
    private static void ClearPadding(float[] states, EncoderRows rows)
    {
        var width = states.Length / rows.AttentionMask.Length;
        for (var token = 0; token < rows.AttentionMask.Length; token++)
        {
            if (rows.AttentionMask[token] == 0)
                states.AsSpan(token * width, width).Clear();
        }
    }

    /// <summary>As recorded, or made of the pooling that the folder has.</summary>
    private static float[]? ExpectedVectors(EncoderReference reference, EncoderFacts facts)
    {
        if (reference.Tensors.TryGetValue(Vector, out var recorded))
            return recorded;
        var name = "pool." + (facts.Pooling == "mean" ? "avg" : facts.Pooling);
        if (facts.Dense is not null || !reference.Tensors.TryGetValue(name, out var pooled))
            return null;
        if (!facts.Normalize)
            return pooled;
        var vectors = (float[])pooled.Clone();
        for (var row = 0; row < reference.Rows.Count; row++)
        {
            var vector = vectors.AsSpan(row * facts.Dimension, facts.Dimension);
            var squares = 0.0;
            foreach (var value in vector)
                squares += (double)value * value;
            var length = (float)Math.Max(Math.Sqrt(squares), 1e-12);
            foreach (ref var value in vector)
                value /= length;
        }
        return vectors;
    }
}
