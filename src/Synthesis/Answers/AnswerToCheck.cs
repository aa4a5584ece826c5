namespace XlLoraOnnx.Synthesis;

/// <summary>An answer as the generator gave it, with what it answers to.</summary>
/// <param name="Anchor">The anchor, as it stands in the prompt.</param>
/// <param name="Prompt">The whole prompt, or empty where it is not known.</param>
internal readonly record struct AnswerToCheck(
    SynthesisSide Side, string Anchor, string Prompt, string Text, FinishReason FinishReason, int TokenCount);
