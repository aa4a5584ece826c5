namespace XlLoraOnnx.Training;

/// <summary>What this process gets done in its time.</summary>
internal sealed class TrainingSpeed(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();
    private TimeSpan _inSteps;
    private long _steps;
    private long _rows;
    private long _tokens;

    public double? RowsPerSecond => PerSecond(_rows);

    public double? TokensPerSecond => PerSecond(_tokens);

    /// <param name="start">Timestamp of its beginning.</param>
    public void Add(StepLoss step, long start)
    {
        _inSteps += time.GetElapsedTime(start);
        _steps++;
        _rows += step.Rows;
        _tokens += step.Tokens;
    }

    /// <param name="steps">That are still to be made.</param>
    public TimeSpan? TimeLeft(long steps) => _steps > 0 ? time.GetElapsedTime(_start) / _steps * steps : null;

    private double? PerSecond(long count) => _inSteps > TimeSpan.Zero ? count / _inSteps.TotalSeconds : null;
}
