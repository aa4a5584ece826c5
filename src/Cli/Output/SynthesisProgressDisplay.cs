using System.Diagnostics;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Cli;

/// <summary>
/// Rows, rows/s, tokens/s and time left: one line that is rewritten on a terminal, plain lines every few seconds elsewhere. On standard
/// error, so that standard output holds results only.
/// </summary>
internal sealed class SynthesisProgressDisplay : IProgress<SynthesisProgress>
{
    private const int BarWidth = 24;
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(2);
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _last;
    private bool _lineIsOpen;

    private SynthesisProgressDisplay()
    {
    }

    public static async Task<SynthesisReport> RunAsync(Func<IProgress<SynthesisProgress>, Task<SynthesisReport>> run)
    {
        var display = new SynthesisProgressDisplay();
        try
        {
            return await run(display).ConfigureAwait(false);
        }
        finally
        {
            if (display._lineIsOpen)
                Console.Error.WriteLine();
        }
    }

    public void Report(SynthesisProgress value)
    {
        var now = Stopwatch.GetTimestamp();
        var finished = value.Rows == value.TotalRows;
        if (!finished && Stopwatch.GetElapsedTime(_last, now) < (_terminal ? TerminalInterval : PlainInterval))
            return;
        _last = now;
        var text = $"{Quantities.Count(value.Rows)} of {Quantities.Count(value.TotalRows)} rows   " +
            $"{Quantities.Rate(value.RowsPerSecond)} rows/s   " +
            $"{Quantities.Rate(value.TokensPerSecond)} tokens/s   {Quantities.Duration(value.TimeLeft)} left";
        if (!_terminal)
        {
            Console.Error.WriteLine(text);
            return;
        }
        var done = (int)(BarWidth * value.Rows / value.TotalRows);
        Console.Error.Write($"\r\u001b[K{new string('█', done)}{new string('░', BarWidth - done)} {text}");
        _lineIsOpen = true;
    }
}
