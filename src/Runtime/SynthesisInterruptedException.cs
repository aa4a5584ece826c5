using System.Globalization;

namespace XlLoraOnnx.Runtime;

/// <summary>A <see cref="SynthesisJob"/> was cancelled; what it had finished is kept.</summary>
public sealed class SynthesisInterruptedException : OperationCanceledException
{
    internal SynthesisInterruptedException(string partialPath, long triplets, long rows, long totalRows, OperationCanceledException inner)
        : base(Describe(partialPath, triplets, rows, totalRows), inner, inner.CancellationToken)
    {
        PartialPath = partialPath;
        Triplets = triplets;
    }

    /// <summary>The file that holds the finished triplets; there is none if <see cref="Triplets"/> is 0.</summary>
    public string PartialPath { get; }

    /// <summary>Triplets in it.</summary>
    public long Triplets { get; }

    private static string Describe(string partialPath, long triplets, long rows, long totalRows) => string.Create(
        CultureInfo.InvariantCulture,
        $"interrupted after {rows:N0} of {totalRows:N0} rows; ") + (triplets == 0
            ? "no triplet was finished"
            : string.Create(CultureInfo.InvariantCulture, $"{triplets:N0} finished triplets are kept in '{partialPath}'"));
}
