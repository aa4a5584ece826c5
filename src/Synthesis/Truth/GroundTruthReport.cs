namespace XlLoraOnnx.Synthesis;

/// <summary>How many triplets are right, by the rules of the world that the anchors come from.</summary>
public sealed record GroundTruthReport
{
    /// <summary>All judged pairs of answers as the model wrote them, rejected ones included.</summary>
    public required TruthShares Raw { get; init; }

    /// <summary>All judged triplets.</summary>
    public required TruthShares Total { get; init; }

    /// <summary>The same by language of the anchor, sorted.</summary>
    public required IReadOnlyDictionary<string, TruthShares> Languages { get; init; }

    /// <summary>Results that were no triplet; not part of any share.</summary>
    public required int Rejected { get; init; }

    /// <summary>Triplets whose anchor the truth does not know; not part of any share.</summary>
    public required int Unknown { get; init; }
}
