namespace XlLoraOnnx.Synthesis;

/// <summary>What became of one anchor: a triplet, or the reason why not.</summary>
public sealed record SynthesisResult
{
    /// <summary>Row id of the anchor.</summary>
    public required long RowId { get; init; }

    /// <summary>Which of the samples of this anchor, from 0.</summary>
    public int Sample { get; init; }

    /// <summary>The anchor as it was read, untouched.</summary>
    public required string Sent0 { get; init; }

    /// <summary>Of the row, where the input has one for each; else null.</summary>
    public string? Language { get; init; }

    /// <summary>The positive; of a rejected row the answer as far as there is one.</summary>
    public string? Sent1 { get; init; }

    /// <summary>The hard negative; of a rejected row the answer as far as there is one.</summary>
    public string? HardNeg { get; init; }

    /// <summary>Why this is no triplet; null if it is one.</summary>
    public Rejection? Rejected { get; init; }

    /// <summary>Whether all that was asked for is there and passed every check.</summary>
    public bool IsTriplet => Rejected is null;
}
