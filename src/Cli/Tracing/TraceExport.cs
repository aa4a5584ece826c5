using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace XlLoraOnnx.Cli;

/// <summary>Spans to a collector, where the environment names one; OpenTelemetry's own variables say which, and how.</summary>
internal static class TraceExport
{
    private const string Service = "xllora-onnx";
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", TracesEndpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL", TracesProtocol = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL";

    /// <summary>What ASP.NET Core calls the source of its requests.</summary>
    private const string Requests = "Microsoft.AspNetCore";

    /// <returns>To be disposed of, which sends what is left; null where nothing is to be exported.</returns>
    /// <exception cref="ArgumentException">A variable has no sense; OpenTelemetry would use its default and say nothing.</exception>
    public static TracerProvider? Start()
    {
        var (endpoint, name) = Value(TracesEndpoint) is { } own ? (own, TracesEndpoint) : (Value(Endpoint), Endpoint);
        if (endpoint is null || Value("OTEL_TRACES_EXPORTER") == "none"
            || string.Equals(Value("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
            return null;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new ArgumentException($"{name} is '{endpoint}'; it must be an address such as http://localhost:4317.");
        foreach (var variable in (string[])[TracesProtocol, Protocol])
        {
            if (Value(variable) is { } protocol and not ("grpc" or "http/protobuf"))
                throw new ArgumentException($"{variable} is '{protocol}'; there are grpc (the default) and http/protobuf.");
        }
        return Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(ResourceBuilder.CreateEmpty().AddTelemetrySdk().AddService(Service, serviceVersion: Version())
                // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES stand over it
                .AddEnvironmentVariableDetector())
            .AddSource(XlLoraTelemetry.ActivitySourceName, Requests)
            .AddProcessor(new WithoutProbes())
            .AddOtlpExporter()
            .Build();
    }

    private static string? Value(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } value && value.Trim() is { Length: > 0 } trimmed ? trimmed : null;

    private static string? Version() =>
        typeof(TraceExport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
}
