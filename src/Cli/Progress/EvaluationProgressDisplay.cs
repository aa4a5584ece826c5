using System.Diagnostics;

namespace XlLoraOnnx.Cli;

/// <summary>How far an evaluation is, on standard error: one line that is rewritten on a terminal, a line every few seconds
/// elsewhere.</summary>
internal sealed class EvaluationProgressDisplay : IProgress<EvaluationProgress>
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _last = Stopwatch.GetTimestamp();
    private bool _lineIsOpen;

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
            if (display._lineIsOpen)
                Console.Error.Write("\r\u001b[K");
        }
    }

    public void Report(EvaluationProgress value)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(_last, now) < (_terminal ? TerminalInterval : PlainInterval))
                return;
            _last = now;
            var text = $"{value.Data}: {value.Stage} {Quantities.Count(value.Done)} of {Quantities.Count(value.Total)}";
            if (_terminal)
                Console.Error.Write($"\r\u001b[K{text}");
            else
                Console.Error.WriteLine(text);
            _lineIsOpen = _terminal;
        }
    }
}
