namespace XlLoraOnnx.Synthesis;

/// <summary>A text and how often it occurred.</summary>
/// <param name="Text">As it stood where it was counted last.</param>
internal readonly record struct FrequentText(string Text, int Count);
