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
    };

    /// <summary>As the manifest and the command line spell it.</summary>
    public static string Name(this EmbeddingPooling pooling) => Names[pooling];

    /// <summary>One of <see cref="Name"/>.</summary>
    public static EmbeddingPooling Parse(string name) => Names.Single(n => n.Value == name).Key;
}
