using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Runtime;

/// <summary>An encoder folder against recorded states and vectors: all rows in one padded batch, and each row alone.</summary>
internal static class EncoderParity
{
    private const string Vector = "sentence_embedding";

    public static void Compare(
        string folder, ModelManifest manifest, string referenceFile, ParityComparison comparison, CancellationToken cancellationToken)
    {
        var reference = EncoderReference.Read(referenceFile, manifest);
        var adapter = comparison.Options.Adapter;
        var recorded = reference.Tensors.Keys.Where(name => name != Vector).ToArray();
        if (recorded.Length > 0)
        {
            using var hidden = new EncoderRun(folder, manifest, "hidden", adapter);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var (name, values) in recorded.Zip(hidden.Run(reference.Rows, recorded)))
                comparison.Values(name, reference.Tensors[name], EncoderReference.IsState(name) ? WithoutPadding(values, reference.Rows) : values);
        }
        if (ExpectedVectors(reference, manifest.Encoder!) is not { } expected)
            return;
        using var embedding = new EncoderRun(folder, manifest, "embedding", adapter);
        comparison.Values($"{Vector} (batch)", expected, embedding.Run(reference.Rows, [Vector])[0]);
        var alone = new List<float>(expected.Length);
        for (var row = 0; row < reference.Rows.Count; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            alone.AddRange(embedding.Run(reference.Rows.Alone(row), [Vector])[0]);
        }
        comparison.Values(Vector, expected, [.. alone]);
    }

    /// <summary>References zero the states of padding, which no graph does.</summary>
    private static float[] WithoutPadding(float[] states, EncoderRows rows)
    {
        var width = states.Length / rows.AttentionMask.Length;
        for (var token = 0; token < rows.AttentionMask.Length; token++)
        {
            if (rows.AttentionMask[token] == 0)
                states.AsSpan(token * width, width).Clear();
        }
        return states;
    }

    /// <summary>As recorded, or made of the pooling that the folder has.</summary>
    private static float[]? ExpectedVectors(EncoderReference reference, EncoderFacts facts)
    {
        if (reference.Tensors.TryGetValue(Vector, out var recorded))
            return recorded;
        if (!reference.Tensors.TryGetValue("pool." + (facts.Pooling == "mean" ? "avg" : facts.Pooling), out var pooled))
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
