namespace XlLoraOnnx;

/// <summary>Names of the classes of tasks, by their numbers.</summary>
internal static class TaskLabels
{
    /// <summary>Of XNLI (Conneau et al. 2018).</summary>
    public static IReadOnlyList<string> Xnli { get; } = ["entailment", "neutral", "contradiction"];

    /// <summary>Of NusaX (Winata et al. 2023).</summary>
    public static IReadOnlyList<string> NusaX { get; } = ["negative", "neutral", "positive"];
}
