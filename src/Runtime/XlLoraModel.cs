using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace XlLoraOnnx.Runtime;

/// <summary>A loaded model folder: a frozen base and its LoRA adapters, ready to generate.</summary>
/// <remarks>
/// Owns native memory; dispose it. Members are safe to call from several threads; calls that generate run together or wait for each other,
/// as the engine has it. Rows are told of as <see cref="XlLoraTelemetry"/> describes.
/// The folder is what <c>xllora-onnx export</c> or <c>XlLoraOnnx.Exporter.ModelExporter</c> writes.
/// </remarks>
public sealed class XlLoraModel : IDisposable, IAsyncDisposable
{
    private readonly ContinuousTextGenerator? _continuous;
    private readonly ObservedTextGenerator _generator;
    private readonly Lazy<PromptEncoder> _prompts;
    private readonly XlLoraModelOptions _options;
    private readonly ConcurrentDictionary<string, string> _addedAdapters = [];

    private XlLoraModel(ModelFolder folder, ITextGenerator generator, EngineInfo engine, XlLoraModelOptions options)
    {
        _options = options;
        Devices = [.. options.Devices ?? XlLoraModelOptions.OnlyCpu];
        Folder = folder;
        ModelName = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder.FullPath));
        Info = ModelInfo.From(folder.FullPath, folder.Manifest);
        DefaultSampling = folder.DefaultSampling;
        Engine = engine;
        _continuous = generator as ContinuousTextGenerator;
        Traced = new TracedModel(ModelName, DefaultSampling, options.EnableSensitiveData);
        _generator = new ObservedTextGenerator(generator, Traced, Logger(options));
        _prompts = new Lazy<PromptEncoder>(() => new PromptEncoder(folder));
    }

    /// <summary>Name of the folder; what the model is called in metadata and telemetry.</summary>
    public string ModelName { get; }

    /// <summary>What the folder's manifest says.</summary>
    public ModelInfo Info { get; }

    /// <summary>What makes tokens of its prompts, and text of the tokens it gives.</summary>
    public XlLoraTokenizer Tokenizer => Folder.Tokenizer;

    /// <summary>What runs it, and why.</summary>
    public EngineInfo Engine { get; }

    /// <summary>How it was loaded; a copy, which may be changed for another model.</summary>
    public XlLoraModelOptions Options => _options with { };

    /// <summary>Where it runs, as asked for: <c>cpu</c>, <c>cuda:0</c>, …</summary>
    public IReadOnlyList<string> Devices { get; }

    /// <summary>What generation_config.json of the checkpoint says; used by requests that say nothing.</summary>
    public SamplingOptions DefaultSampling { get; }

    /// <summary>What generation_config.json asks for and no engine does, a sentence each; logged as a warning when the model is
    /// loaded.</summary>
    public IReadOnlyList<string> Notices =>
        Folder.Decoder.IgnoredSettings is { Count: > 0 } ignored ? [DecoderFacts.DescribeIgnored(ignored)] : [];

    /// <summary>Counted since the model was loaded.</summary>
    public GenerationStatistics Statistics => _generator.Statistics;

    /// <summary>What each device needs beside the weights, as planned; empty before the first row, and on ONNX Runtime GenAI.</summary>
    public IReadOnlyList<MemoryPlan> MemoryPlans => _continuous?.MemoryPlans ?? [];

    /// <summary>The generator itself, owned by this model.</summary>
    public ITextGenerator Generator => _generator;

    /// <summary>Loads a model folder; adapters are loaded when first asked for.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">
    /// It was written by a version with another manifest schema, or the engine that is asked for cannot run it.
    /// </exception>
    /// <exception cref="ArgumentException">Options are out of range, or name no device; says which.</exception>
    public static XlLoraModel Load(string folder, XlLoraModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Open(folder, options is null ? new() : options with { }, CancellationToken.None);
    }

    /// <summary>Loads a model folder on a thread of its own; adapters are loaded when first asked for.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    /// <param name="cancellationToken">
    /// Looked at between files and devices: the graph of a device loads in one native call, which ends before the task does, and what was
    /// loaded is freed.
    /// </param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing stays loaded.</exception>
    public static async Task<XlLoraModel> LoadAsync(
        string folder, XlLoraModelOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var copy = options is null ? new() : options with { };
        return await OwnThread.RunAsync(() => Open(folder, copy, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Generates one answer for every request; results come as rows finish, in any order, with their row ids.</summary>
    /// <exception cref="ArgumentException">A request names an unknown adapter, or its sampling is out of range.</exception>
    /// <exception cref="InvalidDataException">An adapter file was changed, belongs to another base, or does nothing.</exception>
    public IAsyncEnumerable<GenerationResult> GenerateAsync(
        IEnumerable<GenerationRequest> requests, CancellationToken cancellationToken = default) =>
        _generator.GenerateAsync([.. requests], cancellationToken);

    /// <summary>Makes an adapter usable that is not in the folder; it is loaded when first asked for.</summary>
    /// <inheritdoc cref="ITextGenerator.AddAdapter"/>
    public void AddAdapter(string name, string path)
    {
        _generator.AddAdapter(name, path);
        _addedAdapters[name] = path;
    }

    /// <summary>Takes an adapter out of use and frees its memory; its file stays where it is.</summary>
    /// <inheritdoc cref="ITextGenerator.RemoveAdapter"/>
    public void RemoveAdapter(string name) => _generator.RemoveAdapter(name);

    /// <summary>SHA-256 of an adapter's file, in lower-case hex: as the folder records it, or of the file that was added.</summary>
    /// <exception cref="ArgumentException">No adapter has this name.</exception>
    public string AdapterSha256(string name)
    {
        if (Info.Adapters.TryGetValue(name, out var adapter))
            return adapter.Sha256;
        if (!_addedAdapters.TryGetValue(name, out var path))
            throw new ArgumentException($"There is no adapter \"{name}\".", nameof(name));
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Tokens of a request's prompt, however long; null for one that is refused for another reason than its length.</summary>
    public int? CountTokens(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _prompts.Value.CountTokens(request);
    }

    /// <summary>This model as a translator; the caller keeps ownership of it.</summary>
    /// <param name="pairs">What is translated, and how; null for every pair that the base model knows.</param>
    /// <exception cref="ArgumentException">A pair has no prompt, and the model no encoder; or an adapter is not there.</exception>
    public Translator AsTranslator(TranslationPairs? pairs = null) => new(this, pairs);

    /// <summary>This model as Microsoft.Extensions.AI knows chat models; the caller keeps ownership of it.</summary>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    public XlLoraChatClient AsChatClient(string? adapter = null) => new(this, adapter);

    /// <summary>Frees the native memory; waits for a running call.</summary>
    public void Dispose() => _generator.Dispose();

    /// <summary>Frees the native memory when a running call has ended, without holding up the caller meanwhile.</summary>
    public ValueTask DisposeAsync() => _generator.DisposeAsync();

    internal ModelFolder Folder { get; }

    internal TracedModel Traced { get; }

    private static XlLoraModel Open(string folder, XlLoraModelOptions options, CancellationToken cancellationToken)
    {
        OptionProblem.ThrowIfAny(options.Problems());
        var started = Stopwatch.GetTimestamp();
        var logger = Logger(options);
        var files = ModelFolder.Load(folder);
        cancellationToken.ThrowIfCancellationRequested();
        var (generator, engine) = EngineChoice.Make(files, options, logger, cancellationToken);
        var model = new XlLoraModel(files, generator, engine, options);
        if (cancellationToken.IsCancellationRequested)
        {
            model.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
        }
        logger.ModelLoaded(model.ModelName, model.Info.Family, model.Info.Precision, model.Info.Adapters.Count,
            Stopwatch.GetElapsedTime(started).TotalSeconds, string.Join(", ", model.Devices), engine.Engine, engine.Reason);
        foreach (var notice in model.Notices)
            logger.SettingsIgnored(model.ModelName, notice);
        return model;
    }

    private static ILogger Logger(XlLoraModelOptions options) =>
        options.LoggerFactory?.CreateLogger(typeof(XlLoraModel).FullName!) ?? NullLogger.Instance;
}
