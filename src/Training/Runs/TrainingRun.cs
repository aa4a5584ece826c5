namespace XlLoraOnnx.Training;

/// <summary>One run from its first step, or that of its checkpoint, to the folder that comes of it.</summary>
internal static class TrainingRun
{
    private static readonly string[] Curves = ["curves.csv", "curves.svg"];

    /// <param name="task">Disposed of here, if it can be.</param>
    /// <param name="output">Under which name the folder appears.</param>
    /// <param name="write">Gets how it ended, a place for the folder while it is written, and the files of the curves; writes the
    /// folder.</param>
    /// <exception cref="TrainingInterruptedException">It was cancelled and can be continued.</exception>
    public static TReport Run<TReport>(ITrainingTask task, TrainingOptions training, string output, IProgress<TrainingProgress>? progress,
        Func<TrainingResult, string, IReadOnlyList<string>, TReport> write, CancellationToken cancellationToken)
    {
        var run = output + WholeFolder.Partial;
        using (task as IDisposable)
        {
            try
            {
                var result = TrainingLoop.Run(task, training, run, progress, time: null, cancellationToken);
                var report = write(
                    result, Path.Combine(run, "written" + WholeFolder.Partial), [.. Curves.Select(name => Path.Combine(run, name))]);
                Directory.Delete(run, recursive: true);
                return report;
            }
            catch (OperationCanceledException e)
            {
                throw new TrainingInterruptedException(run, e);
            }
        }
    }
}
