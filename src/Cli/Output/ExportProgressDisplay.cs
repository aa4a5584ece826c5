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

    public void Report(ExportProgress value)
    {
        lock (_lock)
        {
            var now = Stopwatch.GetTimestamp();
            var due = Stopwatch.GetElapsedTime(_last, now) > (_terminal ? TimeSpan.FromMilliseconds(100) : Interval);
            if (value.Stage == _stage && !due)
                return;
            (_last, _stage) = (now, value.Stage);
            var text = value.BytesTotal > 0
                ? $"{value.Stage}: {Quantities.Bytes(value.BytesDone)} of {Quantities.Bytes(value.BytesTotal)}"
                : value.Stage;
            if (_terminal)
                Console.Error.Write($"\r\u001b[K{text}");
            else
                Console.Error.WriteLine(text);
        }
    }

    public void Finish()
    {
        if (_terminal && _stage is not null)
            Console.Error.Write("\r\u001b[K");
    }
}
