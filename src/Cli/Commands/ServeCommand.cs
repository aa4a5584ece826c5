using System.CommandLine;
using Microsoft.Extensions.Logging;
using XlLoraOnnx.Server;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx serve</c></summary>
internal static class ServeCommand
{
    private static readonly ModelServerOptions Defaults = new();

    private static readonly Option<string[]> Models = new("--model", "-m")
    {
        Description = "An exported model folder: one that generates text, one that embeds, or both (given twice).",
        HelpName = "MODEL",
        Required = true,
    };

    private static readonly Option<string?> Name = new("--name")
    {
        Description = "What the generating model is called; its adapters are NAME:ADAPTER. Default: the name of its folder.",
        HelpName = "NAME",
    };

    private static readonly Option<string> Host = new("--host")
    {
        Description = "Address to listen on: localhost, or an IP address. One that other machines reach needs API keys.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => Defaults.Host,
    };

    private static readonly Option<int> Port = new("--port")
    {
        Description = "Port to listen on; 0 for any that is free.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.Port,
    };

    private static readonly Option<string?> AdapterRoot = new("--adapter-root")
    {
        Description = "Folder that adapters may be added from while the server runs; needs an admin key.",
        HelpName = "DIR",
    };

    private static readonly Option<int> MaxTokens = new("--max-tokens")
    {
        Description = "Most tokens that an answer may have.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxTokens,
    };

    private static readonly Option<int> MaxWaiting = new("--max-waiting")
    {
        Description = "Most rows that wait beside those that run; what comes then is told to come again (429).",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxWaiting,
    };

    private static readonly Option<long> MaxBody = new("--max-body")
    {
        Description = "Most bytes of the body of a request.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => Defaults.MaxBodyBytes,
    };

    private static readonly Option<int> DrainTimeout = new("--drain-timeout")
    {
        Description = "How long running requests have to end after SIGTERM or Ctrl+C; up to 500.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => (int)Defaults.DrainTimeout.TotalSeconds,
    };

    public static Command Create()
    {
        const string Description = "Serve a model, its adapters and an encoder over HTTP, in the shapes of OpenAI's API.";
        var engine = new EngineOptions();
        var keys = new ServerKeys();
        var command = new Command("serve", Description)
        {
            Models, Name, Host, Port, AdapterRoot, MaxTokens, MaxWaiting, MaxBody, DrainTimeout,
        };
        keys.AddTo(command);
        engine.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) => RunAsync(parse, engine, keys, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ParseResult parse, EngineOptions engine, ServerKeys keys, CancellationToken cancellationToken)
    {
        using var loggers = LoggerFactory.Create(logging => logging.AddSimpleConsole(console => console.SingleLine = true)
            .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace)
            // not a line for each request
            .AddFilter("Microsoft", LogLevel.Warning));
        var options = keys.Apply(parse, Options(parse)) with { LoggerFactory = loggers };
        // before a large model is loaded for nothing
        options.Validate();
        using var failures = new ExportFailures(loggers.CreateLogger("XlLoraOnnx.Tracing"));
        using var traces = TraceExport.Start();
        var (generating, embedding) = Folders(parse.GetRequiredValue(Models));
        var loading = engine.Apply(parse, new XlLoraModelOptions { LoggerFactory = loggers });
        await using var model = generating is null ? null
            : await XlLoraModel.LoadAsync(generating, loading, cancellationToken).ConfigureAwait(false);
        await using var embedder = embedding is null ? null : await TextEmbedder.LoadAsync(
            embedding, new EmbeddingOptions { Devices = loading.Devices, LoggerFactory = loggers }, cancellationToken).ConfigureAwait(false);
        await using var server = await ModelServer.StartAsync(model, embedder, options, cancellationToken).ConfigureAwait(false);
        await Console.Out.WriteLineAsync($"listening on {server.Address}".TrimEnd('/')).ConfigureAwait(false);
        await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Console.Error.WriteLineAsync("stopping: requests that run may end, new ones are refused").ConfigureAwait(false);
        await server.StopAsync(CancellationToken.None).ConfigureAwait(false);
        return ExitCodes.Succeeded;
    }

    private static ModelServerOptions Options(ParseResult parse)
    {
        var drain = parse.GetValue(DrainTimeout);
        // the process itself is given ten minutes (Program.cs)
        if (drain is < 0 or > 500)
            throw new ArgumentException($"--drain-timeout is {drain}; it must be from 0 to 500.");
        return Defaults with
        {
            Host = parse.GetRequiredValue(Host),
            Port = parse.GetValue(Port),
            ModelName = parse.GetValue(Name),
            AdapterRoot = parse.GetValue(AdapterRoot),
            MaxTokens = parse.GetValue(MaxTokens),
            MaxWaiting = parse.GetValue(MaxWaiting),
            MaxBodyBytes = parse.GetValue(MaxBody),
            DrainTimeout = TimeSpan.FromSeconds(drain),
        };
    }

    /// <summary>A folder's manifest says what it does.</summary>
    private static (string? Generating, string? Embedding) Folders(string[] folders)
    {
        string? generating = null, embedding = null;
        foreach (var folder in folders)
        {
            var embeds = ModelInfo.Read(folder).Encoder is not null;
            if ((embeds ? embedding : generating) is { } other)
                throw new ArgumentException($"Both '{other}' and '{folder}' {(embeds ? "embed texts" : "generate text")}; "
                    + "a server has one of each. Start another.");
            if (embeds)
                embedding = folder;
            else
                generating = folder;
        }
        return (generating, embedding);
    }
}
