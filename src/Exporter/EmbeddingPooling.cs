namespace XlLoraOnnx.Exporter;

/// <summary>How the hidden states of a text become one vector; padding never takes part.</summary>
public enum EmbeddingPooling
{
    /// <summary>The mean over the tokens of the last hidden state.</summary>
    Mean,
    /// <summary>The first token of the last hidden state.</summary>
    Cls,
    /// <summary>The largest value of each dimension over the tokens of the last hidden state.</summary>
    Max,
    /// <summary>The last token of the last hidden state.</summary>
    Last,
    /// <summary>The mean over the tokens and the last two layers' outputs (SimCSE).</summary>
    AvgTop2,
    /// <summary>The mean over the tokens and the outputs of the first and the last layer (SimCSE, XL-LoRA).</summary>
    AvgFirstLast,
    /// <summary>The mean over the tokens of the last hidden state, where the n-th token counts n times (SGPT).</summary>
    WeightedMean,
    /// <summary>The sum over the tokens of the last hidden state, divided by the square root of their number.</summary>
    MeanSqrtLen,
}

internal static class EmbeddingPoolings
{
    private static readonly Dictionary<EmbeddingPooling, string> Names = new()
    {
        [EmbeddingPooling.Mean] = "mean",
        [EmbeddingPooling.Cls] = "cls",
        [EmbeddingPooling.Max] = "max",
        [EmbeddingPooling.Last] = "last",
        [EmbeddingPooling.AvgTop2] = "avg_top2",
        [EmbeddingPooling.AvgFirstLast] = "avg_first_last",
        [EmbeddingPooling.WeightedMean] = "weighted_mean",
        [EmbeddingPooling.MeanSqrtLen] = "mean_sqrt_len",
    };

    /// <summary>As the manifest and the command line spell it.</summary>
    public static string Name(this EmbeddingPooling pooling) => Names[pooling];

    /// <summary>Of several, whose vectors are concatenated, with a plus between.</summary>
    public static string Name(this IEnumerable<EmbeddingPooling> poolings) => string.Join('+', poolings.Select(p => p.Name()));

    /// <summary>Of what <see cref="Name(IEnumerable{EmbeddingPooling})"/> gives.</summary>
    public static IReadOnlyList<EmbeddingPooling> Parse(string names) =>
        [.. names.Split('+').Select(name => Names.Single(n => n.Value == name).Key)];
}
