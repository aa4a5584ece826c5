namespace XlLoraOnnx.Exporter;

/// <summary>An export was cancelled; the same call continues it.</summary>
public sealed class ExportInterruptedException : OperationCanceledException
{
    internal ExportInterruptedException(string partialFolder, OperationCanceledException inner)
        : base($"interrupted; what is written stays in '{partialFolder}', and the same command continues there", inner,
            inner.CancellationToken) =>
        PartialFolder = partialFolder;

    /// <summary>Where the unfinished export lies.</summary>
    public string PartialFolder { get; }
}
