namespace XlLoraOnnx.Synthesis;

/// <summary>Why an anchor gave no triplet, for programs and for people.</summary>
/// <param name="Side">Whose answer it was; null where it is not about one of them.</param>
public sealed record Rejection(RejectionReason Reason, string Detail, SynthesisSide? Side = null);
