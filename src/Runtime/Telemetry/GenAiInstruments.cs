using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace XlLoraOnnx.Runtime;

/// <summary>The one source of spans and the one meter, with the instruments and buckets that the semantic conventions ask for.</summary>
internal static class GenAiInstruments
{
    private static readonly string? Version = typeof(GenAiInstruments).Assembly.GetName().Version?.ToString(3);
    private static readonly Meter Meter = new(XlLoraTelemetry.MeterName, Version);

    public static readonly ActivitySource Source = new(XlLoraTelemetry.ActivitySourceName, Version);

    public static readonly Histogram<long> TokenUsage = Histogram<long>("gen_ai.client.token.usage", "{token}",
        "Number of input and output tokens used.",
        [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]);

    public static readonly Histogram<double> OperationDuration = Seconds("gen_ai.client.operation.duration", "GenAI operation duration.",
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]);

    public static readonly Histogram<double> RequestDuration = Seconds("gen_ai.server.request.duration",
        "Time to the last byte or last output token of a request.",
        [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]);

    public static readonly Histogram<double> TimeToFirstToken = Seconds("gen_ai.server.time_to_first_token",
        "Time to the first token of a successful answer.",
        [0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0]);

    public static readonly Histogram<double> TimePerOutputToken = Seconds("gen_ai.server.time_per_output_token",
        "Time of each token after the first, of a successful answer.",
        [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5]);

    /// <summary>Whether anybody listens, to spans or to numbers.</summary>
    public static bool AreObserved => Source.HasListeners() || TokenUsage.Enabled || OperationDuration.Enabled || RequestDuration.Enabled
        || TimeToFirstToken.Enabled || TimePerOutputToken.Enabled;

    /// <summary>What every number is told apart by.</summary>
    public static TagList Tags(string operation, string model, string? adapter, string? errorType)
    {
        var tags = new TagList
        {
            { GenAiAttributes.OperationName, operation },
            { GenAiAttributes.ProviderName, XlLoraTelemetry.ProviderName },
            { GenAiAttributes.RequestModel, model },
            { GenAiAttributes.ResponseModel, model },
        };
        if (adapter is not null)
            tags.Add(XlLoraTelemetry.AdapterAttribute, adapter);
        if (errorType is not null)
            tags.Add(GenAiAttributes.ErrorType, errorType);
        return tags;
    }

    private static Histogram<double> Seconds(string name, string description, double[] boundaries) =>
        Histogram(name, "s", description, boundaries);

    private static Histogram<T> Histogram<T>(string name, string unit, string description, T[] boundaries) where T : struct =>
        Meter.CreateHistogram(name, unit, description, tags: null, new InstrumentAdvice<T> { HistogramBucketBoundaries = boundaries });
}
