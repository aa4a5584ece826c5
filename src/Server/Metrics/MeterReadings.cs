using System.Diagnostics.Metrics;
using System.Text;

namespace XlLoraOnnx.Server;

/// <summary>What meters say, added up, as Prometheus reads it (text format 0.0.4). Thread-safe.</summary>
internal sealed class MeterReadings : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _lock = new();
    private readonly List<InstrumentReadings> _instruments = [];

    /// <param name="isWanted">Of which meters.</param>
    public MeterReadings(Func<Meter, bool> isWanted)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!isWanted(instrument.Meter))
                return;
            var readings = new InstrumentReadings(instrument);
            lock (_lock)
                _instruments.Add(readings);
            listener.EnableMeasurementEvents(instrument, readings);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((InstrumentReadings)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((InstrumentReadings)state!).Add(value, tags));
        _listener.Start();
    }

    /// <summary>Of now.</summary>
    public string ToText()
    {
        _listener.RecordObservableInstruments();
        InstrumentReadings[] instruments;
        lock (_lock)
            instruments = [.. _instruments.OrderBy(i => i.Name, StringComparer.Ordinal)];
        var text = new StringBuilder();
        foreach (var instrument in instruments)
            instrument.WriteTo(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
