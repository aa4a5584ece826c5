namespace XlLoraOnnx.Runtime;

/// <summary>The text of one row of a task, in one language.</summary>
/// <param name="First">XNLI's premise; the text of NusaX; the question of TyDiQA.</param>
/// <param name="Second">XNLI's hypothesis; the context of TyDiQA; null of NusaX.</param>
public sealed record TaskText(string First, string? Second = null);
