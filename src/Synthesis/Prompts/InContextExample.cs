namespace XlLoraOnnx.Synthesis;

/// <summary>A triplet that shows the model what is wanted.</summary>
/// <param name="Sent0">The anchor.</param>
/// <param name="Sent1">What follows from it; null where only hard negatives are shown.</param>
/// <param name="HardNeg">What contradicts it; null where only positives are shown.</param>
public sealed record InContextExample(string Sent0, string? Sent1, string? HardNeg);
