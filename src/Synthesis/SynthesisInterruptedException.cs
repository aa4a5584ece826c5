using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>A <see cref="SynthesisJob"/> was ended before it was done; every answer that it had is kept.</summary>
public sealed class SynthesisInterruptedException : OperationCanceledException
{
    internal SynthesisInterruptedException(string folder, long rows, long totalRows, OperationCanceledException inner)
        : base(Describe(folder, rows, totalRows), inner, inner.CancellationToken)
    {
        Folder = folder;
        Rows = rows;
    }

    /// <summary>The run folder, in whose journals all answers are.</summary>
    public string Folder { get; }

    /// <summary>Rows that were decided.</summary>
    public long Rows { get; }

    private static string Describe(string folder, long rows, long totalRows) => string.Create(CultureInfo.InvariantCulture,
        $"interrupted after {rows:N0} of {totalRows:N0} rows; all answers are kept in '{folder}', and the same command goes on");
}
