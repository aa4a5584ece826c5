using System.Diagnostics;
using System.Globalization;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>
/// Loss, rate and time left, on standard error: one line that is rewritten on a terminal, lines now and then elsewhere; every evaluation
/// and notice is a line that stays.
/// </summary>
internal sealed class TrainingProgressDisplay : IProgress<TrainingProgress>, IDisposable
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(5);

    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _last;
    private bool _lineIsOpen;
    private IReadOnlyList<DevScore> _scores = [];

    public void Report(TrainingProgress value)
    {
        if (value.Notice is { } notice)
            WriteLine(notice);
        // the loop reports the same list until the next evaluation
        if (!ReferenceEquals(value.DevScores, _scores) && value.DevScores.Count > 0)
            WriteLine($"step {Quantities.Count(value.Step)}   " + string.Join("   ", value.DevScores.Select(EncoderTrainingView.Score)));
        _scores = value.DevScores;
        var isDue = _last == 0 || value.Step == value.TotalSteps
            || Stopwatch.GetElapsedTime(_last) >= (_terminal ? TerminalInterval : PlainInterval);
        if (value.Loss is null || !isDue)
            return;
        _last = Stopwatch.GetTimestamp();
        var text = string.Create(CultureInfo.InvariantCulture, $"step {value.Step} of {value.TotalSteps}   epoch {value.Epoch:0.00}   ")
            + string.Create(CultureInfo.InvariantCulture, $"loss {value.SmoothedLoss:0.0000}   learning rate {value.LearningRate:0.0e+00}")
            + (value.RowsPerSecond is { } rate ? $"   {Quantities.Rate(rate)} rows/s" : "")
            + (value.TimeLeft is { } left ? $"   {Quantities.Duration(left)} left" : "");
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

    private void WriteLine(string text)
    {
        Console.Error.WriteLine(_lineIsOpen ? $"\r\u001b[K{text}" : text);
        _lineIsOpen = false;
    }
}
