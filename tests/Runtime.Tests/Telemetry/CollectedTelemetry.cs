using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace XlLoraOnnx.Tests;

/// <summary>Spans and metrics as the OpenTelemetry SDK collects them, while it lives.</summary>
internal sealed class CollectedTelemetry : IDisposable
{
    private readonly List<Activity> _spans = [];
    private readonly List<Metric> _metrics = [];
    private readonly TracerProvider? _tracer;
    private readonly MeterProvider? _meter;

    /// <param name="names">Of sources and meters alike.</param>
    /// <param name="sampler">Null for all spans.</param>
    public CollectedTelemetry(string[] names, bool spans = true, bool metrics = true, Sampler? sampler = null)
    {
        if (spans)
            _tracer = Sdk.CreateTracerProviderBuilder().AddSource(names).SetSampler(sampler ?? new AlwaysOnSampler())
                .AddInMemoryExporter(_spans).Build();
        if (metrics)
            _meter = Sdk.CreateMeterProviderBuilder().AddMeter(names).AddInMemoryExporter(_metrics).Build();
    }

    public IReadOnlyList<Activity> Spans
    {
        get
        {
            _tracer?.ForceFlush();
            return [.. _spans];
        }
    }

    /// <summary>What the histograms of a name hold, over all meters.</summary>
    public IReadOnlyList<MeasuredPoint> Points(string name)
    {
        _metrics.Clear();
        _meter!.ForceFlush();
        var points = new List<MeasuredPoint>();
        foreach (var metric in _metrics.Where(m => m.Name == name))
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                var tags = new Dictionary<string, object?>();
                foreach (var (key, value) in point.Tags)
                    tags[key] = value;
                points.Add(new MeasuredPoint(metric.MeterName, metric.Unit, point.GetHistogramCount(), point.GetHistogramSum(), tags));
            }
        }
        return points;
    }

    public void Dispose()
    {
        _tracer?.Dispose();
        _meter?.Dispose();
    }
}

/// <param name="Meter">Name of the meter.</param>
/// <param name="Count">Of the numbers recorded.</param>
/// <param name="Sum">Of them.</param>
internal sealed record MeasuredPoint(string Meter, string Unit, long Count, double Sum, IReadOnlyDictionary<string, object?> Tags);
