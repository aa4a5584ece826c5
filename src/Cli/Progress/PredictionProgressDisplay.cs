using System.Diagnostics;

namespace XlLoraOnnx.Cli;

/// <summary>
/// Rows, rows/s and time left, on standard error: one line that is rewritten on a terminal, lines now and then elsewhere.
/// </summary>
internal sealed class PredictionProgressDisplay : IProgress<PredictionProgress>, IDisposable
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(2);

    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _last = Stopwatch.GetTimestamp();
    private bool _lineIsOpen;

    public void Report(PredictionProgress value)
    {
        if (!_terminal && Stopwatch.GetElapsedTime(_last) < PlainInterval)
            return;
        _last = Stopwatch.GetTimestamp();
        var left = TimeSpan.FromSeconds((value.TotalRows - value.Rows) / Math.Max(value.RowsPerSecond, 1e-3));
        var text = $"{Quantities.Count(value.Rows)} of {Quantities.Count(value.TotalRows)} rows   {Quantities.Rate(value.RowsPerSecond)} rows/s"
            + $"   {Quantities.Duration(left)} left";
        if (_terminal)
            Console.Error.Write($"\r\u001b[K{text}");
        else
            Console.Error.WriteLine(text);
        _lineIsOpen = _terminal;
    }

    public void Dispose()
    {
        if (_lineIsOpen)
            Console.Error.WriteLine();
        _lineIsOpen = false;
    }
}
