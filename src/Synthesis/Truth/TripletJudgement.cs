namespace XlLoraOnnx.Synthesis;

/// <summary>Whether a triplet is right.</summary>
/// <param name="Language">Language of the anchor, as the truth names it.</param>
/// <param name="PositiveIsEntailment">The positive follows from the anchor.</param>
/// <param name="NegativeIsContradiction">The hard negative contradicts the anchor.</param>
public sealed record TripletJudgement(string Language, bool PositiveIsEntailment, bool NegativeIsContradiction);
