using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace XlLoraOnnx.Runtime;

/// <summary>A loaded encoder folder: texts to vectors.</summary>
/// <remarks>
/// Owns native memory; dispose it. Safe for concurrent use: texts of all callers are batched together, by length, so that many small calls
/// cost hardly more than one large one. A vector may differ in the last bits with the batch that it was computed in. Calls are told of as
/// <see cref="XlLoraTelemetry"/> describes.
/// </remarks>
public sealed partial class TextEmbedder : IDisposable, IAsyncDisposable
{
    private readonly EmbeddingEngine _engine;
    private readonly EmbeddingCache? _cache;
    private readonly string? _adapter;
    private readonly ILogger _logger;
    private readonly int _window;
    private long _texts;
    private long _cached;

    private TextEmbedder(string folder, ModelManifest manifest, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        var facts = manifest.Encoder!;
        Folder = folder;
        ModelName = options.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        Dimension = facts.Dimension;
        Similarity = facts.Similarity;
        (_window, _adapter) = (options.Window, options.Adapter);
        _logger = options.LoggerFactory?.CreateLogger(typeof(TextEmbedder).FullName!) ?? NullLogger.Instance;
        Prompts = PromptsOf(facts, options);
        _engine = new EmbeddingEngine(folder, manifest, options, cancellationToken);
        try
        {
            Fingerprint = EmbeddingFingerprint.Of(manifest, options.Adapter, _engine.MaxSequenceLength, Prompts.Default);
            // The cache knows a text with what stands before it, so that calls with different prompts share one.
            var bare = EmbeddingFingerprint.Of(manifest, options.Adapter, _engine.MaxSequenceLength, prompt: "");
            cancellationToken.ThrowIfCancellationRequested();
            _cache = options.Cache is null ? null : EmbeddingCache.Open(options.Cache, bare, Dimension);
        }
        catch
        {
            _engine.Dispose();
            throw;
        }
    }

    /// <summary>Full path of the model folder.</summary>
    public string Folder { get; }

    /// <summary>What evaluation results are filed under.</summary>
    public string ModelName { get; }

    /// <summary>
    /// <c>sha256:</c> + hex of everything that a vector depends on beside its text: weights, pooling, tokenizer, options, the default
    /// prompt.
    /// </summary>
    public string Fingerprint { get; }

    /// <summary>Numbers of a vector.</summary>
    public int Dimension { get; }

    /// <summary>By what the model's authors compare vectors; null for the cosine.</summary>
    internal string? Similarity { get; }

    /// <summary>What can stand before texts, and what does where a call asks nothing else.</summary>
    public EmbeddingPrompts Prompts { get; }

    /// <summary>Longer texts are cut to this many tokens, special tokens included.</summary>
    public int MaxSequenceLength => _engine.MaxSequenceLength;

    /// <summary>Counted since the model was loaded.</summary>
    public EmbeddingStatistics Statistics => _engine.Statistics with
    {
        Texts = Volatile.Read(ref _texts),
        CachedTexts = Volatile.Read(ref _cached),
    };

    /// <summary>Loads a folder that <c>xllora-onnx export</c> made of an encoder, or of a decoder with <c>--pooling</c>.</summary>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">It is not a complete model folder, or a file of it was changed.</exception>
    /// <exception cref="NotSupportedException">It holds a generator and no encoder, or its tokenizer is not supported.</exception>
    /// <exception cref="ArgumentException">No such adapter or device, or a number out of range.</exception>
    public static TextEmbedder Load(string folder, EmbeddingOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return Open(folder, options is null ? new() : options with { }, CancellationToken.None);
    }

    /// <summary>Loads, on a thread of its own, what <see cref="Load"/> loads.</summary>
    /// <inheritdoc cref="Load" path="/exception"/>
    /// <param name="cancellationToken">
    /// Looked at between files and devices: the graph of a device loads in one native call, which ends before the task does, and what was
    /// loaded is freed.
    /// </param>
    /// <exception cref="OperationCanceledException">Cancelled; nothing stays loaded.</exception>
    public static async Task<TextEmbedder> LoadAsync(
        string folder, EmbeddingOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var copy = options is null ? new() : options with { };
        return await OwnThread.RunAsync(() => Open(folder, copy, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Embeds any number of texts; batches and their order are the embedder's business.</summary>
    /// <param name="texts">May repeat and may be empty texts.</param>
    /// <param name="progress">Told how many texts are done, now and then.</param>
    /// <param name="cancellationToken">Checked between batches.</param>
    /// <returns>Row i is the vector of text i: [texts, dimension].</returns>
    /// <exception cref="InvalidDataException">The model gives numbers that are not finite; says for which text and from which
    /// layer on.</exception>
    /// <exception cref="ObjectDisposedException">The embedder was disposed of meanwhile.</exception>
    public async Task<EmbeddingMatrix> EmbedAsync(
        IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        (await EmbedAsync(texts, Prompts.Default, progress, callerMeasures: false, cancellationToken).ConfigureAwait(false)).Vectors;

    /// <summary>Embeds texts with a prompt of this call before each, in place of the default one.</summary>
    /// <inheritdoc cref="EmbedAsync(IReadOnlyList{string}, IProgress{int}?, CancellationToken)"/>
    /// <param name="prompt">Written before each text as it is, blanks included; empty for nothing.</param>
    public async Task<EmbeddingMatrix> EmbedWithPromptAsync(
        IReadOnlyList<string> texts, string prompt, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return (await EmbedAsync(texts, prompt, progress, callerMeasures: false, cancellationToken).ConfigureAwait(false)).Vectors;
    }

    /// <summary>Waits for batches that run, and frees everything.</summary>
    public void Dispose()
    {
        _engine.Dispose();
        _cache?.Dispose();
    }

    /// <summary>Frees everything when the batches that run have ended, without holding up the caller meanwhile.</summary>
    public ValueTask DisposeAsync() => new(Task.Run(Dispose));

    /// <param name="callerMeasures">Whether whoever calls counts this in <c>gen_ai.client.*</c>.</param>
    internal async Task<EmbeddedTexts> EmbedAsync(
        IReadOnlyList<string> texts, string prompt, IProgress<int>? progress, bool callerMeasures, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var trace = EmbeddingTrace.Begin(ModelName, _adapter, Dimension, callerMeasures);
        try
        {
            var embedded = await EmbedWindowsAsync(PromptedTexts.Of(texts, prompt), progress, cancellationToken).ConfigureAwait(false);
            trace?.End(embedded.Tokens);
            if (embedded.TruncatedTexts > 0)
                _logger.TextsCut(ModelName, embedded.TruncatedTexts, MaxSequenceLength);
            return embedded;
        }
        catch (Exception e)
        {
            trace?.Fail(e);
            throw;
        }
    }

    private static EmbeddingPrompts PromptsOf(EncoderFacts facts, EmbeddingOptions options)
    {
        var own = new EmbeddingPrompts
        {
            Texts = facts.Prompts ?? EmbeddingPrompts.None.Texts,
            Default = facts.Prompt ?? "",
            DefaultName = facts.DefaultPromptName,
        };
        return options.Prompt is { } prompt ? own with { Default = prompt, DefaultName = null }
            : options.PromptName is { } name ? own with { Default = own.Text(name), DefaultName = name }
            : own;
    }

    private static TextEmbedder Open(string folder, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        OptionProblem.ThrowIfAny(options.Problems());
        var started = Stopwatch.GetTimestamp();
        var manifest = ModelManifest.Read(folder);
        if (manifest.Encoder is null)
            throw new NotSupportedException(
                $"'{folder}' was exported to generate text, not to embed it. "
                + "Export the checkpoint again with --pooling (last or mean for decoders).");
        manifest.CheckFiles(folder);
        var embedder = new TextEmbedder(Path.GetFullPath(folder), manifest, options, cancellationToken);
        embedder._logger.EmbedderLoaded(embedder.ModelName, manifest.Family, manifest.Precision, embedder.Dimension,
            Stopwatch.GetElapsedTime(started).TotalSeconds, string.Join(", ", options.Devices ?? EmbeddingOptions.OnlyCpu),
            embedder._cache?.Count ?? 0);
        return embedder;
    }
}
