namespace XlLoraOnnx.Runtime;

/// <summary>Result of <see cref="ParityVerifier.Verify"/>.</summary>
public sealed record ParityReport
{
    /// <summary>A line for each tensor that was compared.</summary>
    public required IReadOnlyList<TensorParity> Tensors { get; init; }

    /// <summary>Largest allowed absolute difference of a number.</summary>
    public required double Tolerance { get; init; }

    /// <summary>Largest absolute difference over all tensors; not a number if any value was not.</summary>
    public required double MaxAbsDiff { get; init; }

    /// <summary>Greedy tokens compared: those whose recorded margin is large enough to decide.</summary>
    public required int GreedyCompared { get; init; }

    /// <summary>Greedy tokens that were equal.</summary>
    public required int GreedyEqual { get; init; }

    /// <summary>Whether every number is within the tolerance and every compared token equal.</summary>
    public bool Passed => Tensors.All(t => t.Passed);
}

/// <summary>One compared tensor.</summary>
/// <param name="Name">Name in the reference file; <c>(batch)</c> marks the run of all prompts or rows in one padded batch.</param>
/// <param name="MaxAbsDiff">Largest absolute difference; null for tokens.</param>
/// <param name="Compared">Values compared.</param>
/// <param name="Equal">Values within the tolerance, or equal tokens.</param>
/// <param name="Passed">Whether all were.</param>
public sealed record TensorParity(string Name, double? MaxAbsDiff, int Compared, int Equal, bool Passed)
{
    /// <summary>Least cosine of a vector and the recorded one; null for what is not a vector for each row.</summary>
    /// <remarks>Quantised models are judged by it: their numbers differ by more than any tolerance for rounding.</remarks>
    public double? LeastCosine { get; init; }
}
