using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace XlLoraOnnx.Server;

/// <summary>Models over HTTP, in the shapes of OpenAI's API, so that every client of that API can use them and their adapters.</summary>
/// <remarks>
/// Requests of all callers run in one batch. A caller who goes away ends the row. Stopping lets what runs come to its end, and refuses what
/// is new. Safe for all threads.
/// </remarks>
public sealed class ModelServer : IAsyncDisposable
{
    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/> of requests, for OpenTelemetry's <c>AddMeter</c>.</summary>
    /// <remarks>
    /// Rows and embeddings are traced and counted as <see cref="XlLoraTelemetry"/> says; their spans lie within the request's of ASP.NET
    /// Core (source <c>Microsoft.AspNetCore</c>), which continues a caller's <c>traceparent</c>.
    /// </remarks>
    public const string MeterName = "XlLoraOnnx.Server";

    /// <summary>What is left of connections when their requests have ended.</summary>
    private static readonly TimeSpan Closing = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;
    private readonly Admission _admission;
    private readonly ServerMetrics _metrics;
    private readonly TimeSpan _drainTimeout;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _hurry = new();
    private Task? _stopped;

    private ModelServer(WebApplication app, Admission admission, ServerMetrics metrics, TimeSpan drainTimeout)
    {
        (_app, _admission, _metrics, _drainTimeout) = (app, admission, metrics, drainTimeout);
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    public Uri Address { get; }

    /// <summary>Starts to serve loaded models; the caller keeps ownership of them.</summary>
    /// <param name="model">What generates text; null for nothing. It must live as long as the server.</param>
    /// <param name="embedder">What embeds texts; likewise.</param>
    /// <exception cref="ArgumentException">There is no model at all, or an option is out of range.</exception>
    /// <exception cref="NotSupportedException">The model translates, and generates nothing else.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static Task<ModelServer> StartAsync(
        XlLoraModel? model, TextEmbedder? embedder, ModelServerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        if (model is null && embedder is null)
            throw new ArgumentException("There is no model to serve. Give one that generates text, one that embeds, or both.");
        if (model is not null && ModelManifest.Read(model.Info.Folder).Decoder?.Translation is not null)
            throw new NotSupportedException($"'{model.Info.Folder}' ({model.Info.Family}) translates and does nothing else, and no shape "
                + "of OpenAI's API asks for that. Serve a model that generates text; 'xllora-onnx translate' runs this one.");
        var generator = model is null ? null
            : new ServedGenerator(options.ModelName ?? model.ModelName, model.Generator, model.DefaultSampling)
            {
                Add = model.AddAdapter,
                Remove = model.RemoveAdapter,
                Engine = model.Engine.Engine,
                Tokenizer = model.Tokenizer,
            };
        return StartAsync(new ServedModels(generator, embedder), options, cancellationToken);
    }

    /// <summary>Refuses new requests, lets those that run end, and closes.</summary>
    /// <param name="cancellationToken">Ends what runs at once.</param>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        using var registration = cancellationToken.Register(_hurry.Cancel);
        Task stopped;
        lock (_lock)
            stopped = _stopped ??= DrainAsync();
        await stopped.ConfigureAwait(false);
    }

    /// <summary>Stops it, if that has not been done.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        _admission.Dispose();
        _hurry.Dispose();
    }

    internal static async Task<ModelServer> StartAsync(ServedModels models, ModelServerOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        var admission = new Admission(models.RowsTogether + options.MaxWaiting);
        var metrics = new ServerMetrics(models, admission);
        var app = Build(options);
        Endpoints.Map(app, models, admission, metrics, options, Logger(options));
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            return new ModelServer(app, admission, metrics, options.DrainTimeout);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            metrics.Dispose();
            admission.Dispose();
            throw;
        }
    }

    /// <summary>Nothing of the machine's configuration, such as ASPNETCORE_URLS, may open another door.</summary>
    private static WebApplication Build(ModelServerOptions options)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (options.LoggerFactory is { } loggers)
            builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, CallersLifetime>();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(new IPEndPoint(options.ListenAddress, options.Port));
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.RequestHeadersTimeout = options.BodyTimeout;
            // the whole of it is bounded as well (RequestBody)
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
        });
        return builder.Build();
    }

    private static ILogger Logger(ModelServerOptions options) =>
        options.LoggerFactory?.CreateLogger(typeof(ModelServer).FullName!) ?? NullLogger.Instance;

    private async Task DrainAsync()
    {
        _admission.Close();
        using (var patience = CancellationTokenSource.CreateLinkedTokenSource(_hurry.Token))
        {
            patience.CancelAfter(_drainTimeout);
            // what has not ended by then is ended
            await _admission.Empty.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _admission.AbandonAsync().ConfigureAwait(false);
        using var closing = new CancellationTokenSource(Closing);
        await _app.StopAsync(closing.Token).ConfigureAwait(false);
    }

    /// <summary>Signals of the process are its owner's, who stops the server.</summary>
    private sealed class CallersLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
