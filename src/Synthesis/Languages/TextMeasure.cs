namespace XlLoraOnnx.Synthesis;

/// <summary>How much of a text spoke for a language.</summary>
internal readonly record struct TextMeasure(int Letters, int Words);
