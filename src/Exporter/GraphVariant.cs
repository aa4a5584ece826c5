namespace XlLoraOnnx.Exporter;

/// <summary>Graphs of a model folder; all read the same data file.</summary>
public enum GraphVariant
{
    /// <summary><c>model.onnx</c>: takes adapters; logits of the last position. Always written, since genai_config.json names it.</summary>
    Lora,
    /// <summary><c>model.base.onnx</c>: takes no adapters and pays nothing for them; logits of the last position.</summary>
    Base,
    /// <summary><c>model.scoring.onnx</c>: takes adapters; logits of every position.</summary>
    Scoring,
    /// <summary>
    /// <c>model.continuous.onnx</c>: for rows that come and go. Lengths are inputs instead of a mask; logits of the tokens that are asked
    /// for, if any; a bank of adapters, and a mask that says which row sees which.
    /// </summary>
    Continuous,
    /// <summary><c>model.continuous.base.onnx</c>: the same without adapters, and without their cost.</summary>
    ContinuousBase,
    /// <summary>
    /// <c>model.continuous.rolling.onnx</c>: the same as <c>model.continuous.onnx</c> for rows that are longer than the window of some
    /// layers, which keep no more than that. Models that have such layers get it, for the CPU.
    /// </summary>
    ContinuousRolling,
    /// <summary><c>model.continuous.rolling.base.onnx</c>: the same without adapters.</summary>
    ContinuousRollingBase,
    /// <summary><c>model.onnx</c> of a model that embeds: the pooled vector of each row. Always written for one.</summary>
    Embedding,
    /// <summary><c>model.hidden.onnx</c> of an encoder: the hidden states of every layer and every pooling of them.</summary>
    Hidden,
}

internal static class GraphVariants
{
    /// <summary>As the manifest spells it.</summary>
    public static string Name(this GraphVariant variant) => variant switch
    {
        GraphVariant.ContinuousBase => "continuous.base",
        GraphVariant.ContinuousRolling => "continuous.rolling",
        GraphVariant.ContinuousRollingBase => "continuous.rolling.base",
        _ => variant.ToString().ToLowerInvariant(),
    };

    public static bool IsContinuous(this GraphVariant variant) =>
        variant is GraphVariant.Continuous or GraphVariant.ContinuousBase || variant.IsRolling();

    public static bool IsRolling(this GraphVariant variant) =>
        variant is GraphVariant.ContinuousRolling or GraphVariant.ContinuousRollingBase;

    public static string FileName(this GraphVariant variant) =>
        variant is GraphVariant.Lora or GraphVariant.Embedding ? OnnxModelWriter.GraphFile : $"model.{variant.Name()}.onnx";

    /// <summary>Of those asked for, what a model has that generates text.</summary>
    public static IEnumerable<GraphVariant> OfGenerator(IEnumerable<GraphVariant> asked) =>
        asked.Where(v => v is not (GraphVariant.Embedding or GraphVariant.Hidden)).Append(GraphVariant.Lora).Distinct().Order();

    /// <summary>Of those asked for, what an encoder has.</summary>
    public static IEnumerable<GraphVariant> OfEncoder(IEnumerable<GraphVariant> asked) =>
        asked.Where(v => v is GraphVariant.Hidden).Append(GraphVariant.Embedding).Distinct().Order();
}
