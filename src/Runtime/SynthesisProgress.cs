namespace XlLoraOnnx.Runtime;

/// <summary>How far a <see cref="SynthesisJob"/> is.</summary>
public sealed record SynthesisProgress
{
    /// <summary>Anchors that have a result.</summary>
    public required long Rows { get; init; }

    /// <summary>Anchors of the input.</summary>
    public required long TotalRows { get; init; }

    /// <summary>Results that are triplets.</summary>
    public required long Triplets { get; init; }

    /// <summary>Since the start.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Anchors per second since the start.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>Generated tokens per second since the start, of batches that have ended.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>At the rate so far.</summary>
    public required TimeSpan TimeLeft { get; init; }
}
