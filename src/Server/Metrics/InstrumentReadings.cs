using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Server;

/// <summary>One instrument's numbers, for each set of its labels. Thread-safe.</summary>
/// <remarks>Named as OpenTelemetry's specification translates names to Prometheus: underscores, the unit, <c>_total</c>.</remarks>
internal sealed class InstrumentReadings
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly Instrument _instrument;
    private readonly double[]? _boundaries;
    private readonly bool _isCounter;

    public InstrumentReadings(Instrument instrument)
    {
        _instrument = instrument;
        _boundaries = instrument switch
        {
            Histogram<double> histogram => [.. histogram.Advice?.HistogramBucketBoundaries ?? []],
            Histogram<long> histogram => [.. (histogram.Advice?.HistogramBucketBoundaries ?? []).Select(b => (double)b)],
            _ => null,
        };
        _isCounter = instrument is Counter<long> or Counter<double> or ObservableCounter<long> or ObservableCounter<double>;
        var name = Plain(instrument.Name);
        if (instrument.Unit == "s")
            name += "_seconds";
        Name = _isCounter ? name + "_total" : name;
    }

    public string Name { get; }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels(tags);
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out var series))
                _series.Add(labels, series = new Series(new long[(_boundaries?.Length ?? 0) + 1]));
            // what is observed is the sum already
            series.Sum = _instrument.IsObservable ? value : series.Sum + value;
            series.Count++;
            if (_boundaries is not null)
                series.Buckets[Place(value)]++;
        }
    }

    public void WriteTo(StringBuilder text)
    {
        lock (_lock)
        {
            if (_series.Count == 0)
                return;
            var kind = _boundaries is not null ? "histogram" : _isCounter ? "counter" : "gauge";
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {_instrument.Description}\n# TYPE {Name} {kind}\n");
            foreach (var (labels, series) in _series)
            {
                if (_boundaries is null)
                    Line(text, "", labels, series.Sum);
                else
                    Buckets(text, labels, series, _boundaries);
            }
        }
    }

    /// <summary>Of the first boundary that is not below it.</summary>
    private int Place(double value)
    {
        var place = Array.BinarySearch(_boundaries!, value);
        return place >= 0 ? place : ~place;
    }

    private void Buckets(StringBuilder text, string labels, Series series, double[] boundaries)
    {
        var (sum, separator) = (0L, labels.Length == 0 ? "" : ",");
        for (var i = 0; i <= boundaries.Length; i++)
        {
            sum += series.Buckets[i];
            var bound = i < boundaries.Length ? boundaries[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(text, "_bucket", $"{labels}{separator}le=\"{bound}\"", sum);
        }
        Line(text, "_sum", labels, series.Sum);
        Line(text, "_count", labels, series.Count);
    }

    private void Line(StringBuilder text, string suffix, string labels, double value)
    {
        text.Append(Name).Append(suffix);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(CultureInfo.InvariantCulture, $" {value}\n");
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            text.Append(text.Length == 0 ? "" : ",").Append(Plain(name)).Append("=\"");
            text.Append(Convert.ToString(value, CultureInfo.InvariantCulture)!.Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('"');
        }
        return text.ToString();
    }

    private static string Plain(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));

    /// <param name="buckets">How many values are in each, not added up; the last is of those above every boundary.</param>
    private sealed class Series(long[] buckets)
    {
        public double Sum { get; set; }

        public long Count { get; set; }

        public long[] Buckets { get; } = buckets;
    }
}
