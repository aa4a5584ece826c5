namespace XlLoraOnnx.Training;

/// <summary>A training was cancelled; the same call goes on with it.</summary>
public sealed class TrainingInterruptedException : OperationCanceledException
{
    internal TrainingInterruptedException(string partialFolder, OperationCanceledException inner)
        : base($"{inner.Message} What is there stays in '{partialFolder}', and the same command continues there.", inner,
            inner.CancellationToken) =>
        PartialFolder = partialFolder;

    /// <summary>Where the unfinished run lies.</summary>
    public string PartialFolder { get; }
}
