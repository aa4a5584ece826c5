namespace XlLoraOnnx.Synthesis;

/// <summary>Where one sentence of a triplet is.</summary>
internal enum SentenceStatus
{
    /// <summary>An answer is to be generated.</summary>
    Open,

    Accepted,
    Rejected,
}
