namespace XlLoraOnnx.Runtime;

/// <summary>How a model folder is loaded.</summary>
public sealed record XlLoraModelOptions
{
    /// <summary>Rows that run together, 1 to 32 (the most that ONNX Runtime GenAI takes).</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// Whether an adapter must change the logits of the recorded canary prompt when it is mounted; one that does not is an error.
    /// </summary>
    public bool Canary { get; init; } = true;
}
