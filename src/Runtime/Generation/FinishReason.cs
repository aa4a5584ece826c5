namespace XlLoraOnnx.Runtime;

/// <summary>Why a row ended.</summary>
public enum FinishReason
{
    /// <summary>The model produced a stop token.</summary>
    Stop,

    /// <summary>The row reached <see cref="GenerationRequest.MaxNewTokens"/> or the model's longest sequence.</summary>
    Length,

    /// <summary>Not generated; <see cref="GenerationResult.RejectionKind"/> and <see cref="GenerationResult.Error"/> say why.</summary>
    Rejected,
}
