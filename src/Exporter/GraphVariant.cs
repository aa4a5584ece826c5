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
    /// <c>model.bank.onnx</c>: takes a bank of adapters and a mask that says which row sees which; logits of the last position.
    /// </summary>
    Bank,
}

internal static class GraphVariants
{
    /// <summary>As the manifest spells it.</summary>
    public static string Name(this GraphVariant variant) => variant.ToString().ToLowerInvariant();

    public static string FileName(this GraphVariant variant) =>
        variant == GraphVariant.Lora ? OnnxModelWriter.GraphFile : $"model.{variant.Name()}.onnx";
}
