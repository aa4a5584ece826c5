using System.Diagnostics;
using System.Diagnostics.Tracing;
using System.Globalization;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Cli;

/// <summary>Logs what OpenTelemetry says of itself, such as a collector that is away; at most once a minute, since it says it of every
/// batch.</summary>
internal sealed class ExportFailures(ILogger logger) : EventListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private long _last;

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        // called by the base constructor for what is there already
        if (eventSource.Name.StartsWith("OpenTelemetry-", StringComparison.Ordinal))
            EnableEvents(eventSource, EventLevel.Warning);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        var last = Interlocked.Read(ref _last);
        if ((last != 0 && Stopwatch.GetElapsedTime(last) < Pause)
            || Interlocked.CompareExchange(ref _last, Stopwatch.GetTimestamp(), last) != last)
            return;
        var text = eventData.Message is { } format
            ? string.Format(CultureInfo.InvariantCulture, format, [.. eventData.Payload ?? []]) : eventData.EventName;
        TracingLog.NotExported(logger, text ?? "");
    }
}

/// <summary>What is logged of the export of spans.</summary>
internal static partial class TracingLog
{
    [LoggerMessage(1, LogLevel.Warning, "OpenTelemetry: {Text}")]
    public static partial void NotExported(ILogger logger, string text);
}
