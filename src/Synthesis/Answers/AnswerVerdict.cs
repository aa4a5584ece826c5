namespace XlLoraOnnx.Synthesis;

/// <summary>What the filters make of an answer.</summary>
/// <param name="Text">The repaired text; of a rejected answer as far as it was repaired.</param>
/// <param name="Repairs">In the order in which they were made; empty for nearly all.</param>
/// <param name="Rejected">Null if the answer may be used.</param>
internal readonly record struct AnswerVerdict(string Text, IReadOnlyList<AnswerRepair> Repairs, Rejection? Rejected);
