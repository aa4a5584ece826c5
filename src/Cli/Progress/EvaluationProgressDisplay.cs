namespace XlLoraOnnx.Cli;

/// <summary>How far an evaluation is.</summary>
internal sealed class EvaluationProgressDisplay : IProgress<EvaluationProgress>
{
    private readonly Lock _lock = new();
    private readonly ProgressLine _line = new ProgressLine(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(5)).Wait();

    private EvaluationProgressDisplay()
    {
    }

    public static async Task<EvaluationReport> RunAsync(Func<IProgress<EvaluationProgress>, Task<EvaluationReport>> run)
    {
        var display = new EvaluationProgressDisplay();
        try
        {
            return await run(display).ConfigureAwait(false);
        }
        finally
        {
            display._line.Clear();
        }
    }

    public void Report(EvaluationProgress value)
    {
        lock (_lock)
        {
            if (_line.IsDue)
                _line.Write($"{value.Data}: {value.Stage} {Quantities.Count(value.Done)} of {Quantities.Count(value.Total)}");
        }
    }
}
