namespace XlLoraOnnx.Runtime;

/// <summary>Why an anchor gave no triplet, for programs and for people.</summary>
public sealed record Rejection(RejectionReason Reason, string Detail);
