using System.Diagnostics;

namespace XlLoraOnnx.Cli;

/// <summary>
/// Texts, texts/s and time left, on standard error: one line that is rewritten on a terminal, lines now and then elsewhere.
/// </summary>
internal sealed class EmbeddingProgressDisplay : IProgress<EmbeddingProgress>, IDisposable
{
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(2);

    private readonly bool _terminal = !Console.IsErrorRedirected;
    private long _last = Stopwatch.GetTimestamp();
    private bool _lineIsOpen;

    public void Report(EmbeddingProgress value)
    {
        if (!_terminal && Stopwatch.GetElapsedTime(_last) < PlainInterval)
            return;
        _last = Stopwatch.GetTimestamp();
        var text = Quantities.Count(value.Texts) + (value.TotalTexts is { } total ? $" of {Quantities.Count(total)}" : "") +
            $" texts   {Quantities.Rate(value.TextsPerSecond)} texts/s   {Quantities.Percent(value.UsefulTokenShare)} useful tokens" +
            (value.TimeLeft is { } left ? $"   {Quantities.Duration(left)} left" : "");
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
