using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace XlLoraOnnx.Runtime;

/// <summary>A loaded model folder: a frozen base and its LoRA adapters, ready to generate.</summary>
/// <remarks>
/// Owns native memory; dispose it. Members are safe to call from several threads; calls that generate run together or wait for each other,
/// as the engine has it.
/// The folder is what <c>xllora-onnx export</c> or <c>XlLoraOnnx.Exporter.ModelExporter</c> writes.
/// </remarks>
public sealed class XlLoraModel : IDisposable
{
    private readonly ITextGenerator _generator;
    private readonly Lazy<PromptEncoder> _prompts;
    private readonly ConcurrentDictionary<string, string> _addedAdapters = [];

    private XlLoraModel(ModelFolder folder, ITextGenerator generator, EngineInfo engine, XlLoraModelOptions options)
    {
        Options = options;
        Folder = folder;
        Info = ModelInfo.From(folder.FullPath, folder.Manifest);
        DefaultSampling = folder.DefaultSampling;
        Engine = engine;
        _generator = generator;
        _prompts = new Lazy<PromptEncoder>(() => new PromptEncoder(folder));
    }

    /// <summary>What the folder's manifest says.</summary>
    public ModelInfo Info { get; }

    /// <summary>What runs it, and why.</summary>
    public EngineInfo Engine { get; }

    /// <summary>How it was loaded.</summary>
    public XlLoraModelOptions Options { get; }

    /// <summary>Where it runs, as asked for: <c>cpu</c>, <c>cuda:0</c>, …</summary>
    public IReadOnlyList<string> Devices => Options.Devices;

    /// <summary>What generation_config.json of the checkpoint says; used by requests that say nothing.</summary>
    public SamplingOptions DefaultSampling { get; }

    /// <summary>Counted since the model was loaded.</summary>
    public GenerationStatistics Statistics => _generator.Statistics;

    /// <summary>What each device needs beside the weights, as planned; empty before the first row, and on ONNX Runtime GenAI.</summary>
    public IReadOnlyList<MemoryPlan> MemoryPlans => (_generator as ContinuousTextGenerator)?.MemoryPlans ?? [];

    /// <summary>The generator itself, owned by this model.</summary>
    public ITextGenerator Generator => _generator;

    /// <summary>Loads a model folder; adapters are loaded when first asked for.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">
    /// It was written by a version with another manifest schema, or the engine that is asked for cannot run it.
    /// </exception>
    public static XlLoraModel Load(string folder, XlLoraModelOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new XlLoraModelOptions();
        var model = ModelFolder.Load(folder);
        var (generator, engine) = EngineChoice.Make(model, options);
        return new XlLoraModel(model, generator, engine, options);
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

    /// <summary>This model as Microsoft.Extensions.AI knows chat models; it stays the caller's.</summary>
    /// <param name="adapter">Adapter of requests that name none; null for the base model.</param>
    public XlLoraChatClient AsChatClient(string? adapter = null) => new(this, adapter);

    /// <summary>Frees the native memory; waits for a running call.</summary>
    public void Dispose() => _generator.Dispose();

    internal ModelFolder Folder { get; }
}
