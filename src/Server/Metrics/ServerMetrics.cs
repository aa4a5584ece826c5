using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace XlLoraOnnx.Server;

/// <summary><c>/metrics</c>: the runtime's instruments (<see cref="XlLoraTelemetry"/>), and some of the server itself.</summary>
internal sealed class ServerMetrics : IDisposable
{
    /// <summary>The route of whatever has no other.</summary>
    public const string Elsewhere = "{**path}";

    private readonly Meter _meter = new(ModelServer.MeterName);
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private readonly MeterReadings _readings;

    public ServerMetrics(ServedModels models, Admission admission)
    {
        // of every server its own: the meter, not its name
        _readings = new MeterReadings(meter => meter == _meter || meter.Name == XlLoraTelemetry.MeterName);
        _requests = _meter.CreateCounter<long>("xllora.server.requests", "{request}", "Requests that were answered.");
        _duration = _meter.CreateHistogram("xllora.server.request.duration", "s", "Time to the end of the answer.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] });
        _meter.CreateObservableGauge("xllora.server.rows", () => (long)admission.Rows, "{row}", "Rows that run or wait.");
        if (models.Generator is not { Generator: { } generator })
            return;
        _meter.CreateObservableCounter(
            "xllora.generated.tokens", () => generator.Statistics.GeneratedTokens, "{token}", "Tokens generated.");
        _meter.CreateObservableCounter("xllora.prompt.tokens", () => generator.Statistics.PromptTokens, "{token}", "Tokens of prompts.");
        _meter.CreateObservableCounter("xllora.steps", () => generator.Statistics.Batches, "{step}", "Steps of all rows that run.");
    }

    /// <param name="status">That was sent, or 499 for a caller who went away.</param>
    public void Count(HttpContext context, int status, TimeSpan elapsed)
    {
        // as it is mapped, not as it was asked: strangers must not fill the memory with labels
        var mapped = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        var route = mapped is null or Elsewhere ? null : mapped;
        RequestSpan.Describe(context, route, status);
        var tags = new TagList
        {
            { "route", route ?? "other" },
            { "status", status.ToString(CultureInfo.InvariantCulture) },
        };
        _requests.Add(1, tags);
        _duration.Record(elapsed.TotalSeconds, tags);
    }

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(_readings.ToText()), context.RequestAborted).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _readings.Dispose();
        _meter.Dispose();
    }
}
