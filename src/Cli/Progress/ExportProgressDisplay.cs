using System.Diagnostics;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>One line that is rewritten on a terminal; a line every few seconds elsewhere.</summary>
internal sealed class ExportProgressDisplay : IProgress<ExportProgress>
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private readonly Lock _lock = new();
    private long _last;
    private string? _stage;
    private (long Time, long Bytes) _stageBegan;

    public void Report(ExportProgress value)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            var due = Stopwatch.GetElapsedTime(_last, now) > (_terminal ? TimeSpan.FromMilliseconds(100) : Interval);
            if (value.Stage == _stage && !due)
                return;
            if (value.Stage != _stage)
                _stageBegan = (now, value.BytesDone);
            (_last, _stage) = (now, value.Stage);
            var text = value.BytesTotal > 0 ? Describe(value, Stopwatch.GetElapsedTime(_stageBegan.Time, now)) : value.Stage;
            if (_terminal)
                Console.Error.Write($"\r\u001b[K{text}{(value.BytesTotal > 0 ? "" : "\n")}");
            else
                Console.Error.WriteLine(text);
        }
    }

    public void Finish()
    {
        if (_terminal && _stage is not null)
            Console.Error.Write("\r\u001b[K");
    }

    private string Describe(ExportProgress value, TimeSpan elapsed)
    {
        var text = $"{value.Stage}: {Quantities.Bytes(value.BytesDone)} of {Quantities.Bytes(value.BytesTotal)}";
        var rate = (value.BytesDone - _stageBegan.Bytes) / Math.Max(elapsed.TotalSeconds, 1e-3);
        if (elapsed < TimeSpan.FromSeconds(1) || rate <= 0)
            return text;
        var left = TimeSpan.FromSeconds((value.BytesTotal - value.BytesDone) / rate);
        return $"{text}   {Quantities.Rate(rate / 1e6)} MB/s   {Quantities.Duration(left)} left";
    }
}
