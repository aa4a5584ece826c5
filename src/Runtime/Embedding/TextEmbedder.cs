
namespace XlLoraOnnx.Runtime;

/// <summary>A loaded encoder folder: texts to vectors.</summary>
/// <remarks>
/// Owns native memory; dispose it. Safe for concurrent use: texts of all callers are batched together, by length, so that many small calls
/// cost hardly more than one large one. A vector may differ in the last bits with the batch that it was computed in.
/// </remarks>
public sealed class TextEmbedder : IDisposable
{
    private const int WindowsInFlight = 2;

    private readonly EmbeddingEngine _engine;
    private readonly EmbeddingCache? _cache;
    private readonly int _window;
    private long _texts;
    private long _cached;

    private TextEmbedder(string folder, ModelManifest manifest, EmbeddingOptions options)
    {
        var facts = manifest.Encoder!;
        Folder = folder;
        ModelName = options.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        Dimension = facts.Dimension;
        _window = options.Window;
        _engine = new EmbeddingEngine(folder, manifest, options);
        try
        {
            Fingerprint = EmbeddingFingerprint.Of(manifest, options.Adapter, _engine.MaxSequenceLength);
            _cache = options.Cache is null ? null : EmbeddingCache.Open(options.Cache, Fingerprint, Dimension);
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
    /// <c>sha256:</c> + hex of everything that a vector depends on beside its text: weights, pooling, tokenizer, options.
    /// </summary>
    public string Fingerprint { get; }

    /// <summary>Numbers of a vector.</summary>
    public int Dimension { get; }

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
        options ??= new EmbeddingOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.TokensPerBatch, 1, nameof(options.TokensPerBatch));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, 1, nameof(options.Window));
        if (options.Devices.Count == 0)
            throw new ArgumentException("No device is named; devices are cpu and cuda:N, for example cuda:0.");
        var manifest = ModelManifest.Read(folder);
        if (manifest.Encoder is null)
            throw new NotSupportedException(
                $"'{folder}' was exported to generate text, not to embed it. "
                + "Export the checkpoint again with --pooling (last or mean for decoders).");
        manifest.CheckFiles(folder);
        return new TextEmbedder(Path.GetFullPath(folder), manifest, options);
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
        IReadOnlyList<string> texts, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var values = new float[checked(texts.Count * Dimension)];
        var running = new Queue<Window>();
        var done = 0;
        for (var begin = 0; begin < texts.Count || running.Count > 0;)
        {
            if (begin < texts.Count && running.Count < WindowsInFlight)
            {
                var count = Math.Min(_window, texts.Count - begin);
                running.Enqueue(Start(texts, begin, count, values, cancellationToken));
                begin += count;
                continue;
            }
            var window = running.Dequeue();
            await FinishAsync(window, texts, values, cancellationToken).ConfigureAwait(false);
            progress?.Report(done += window.Count);
        }
        return new EmbeddingMatrix(texts.Count, Dimension, values);
    }

    /// <summary>Waits for batches that run, and frees everything.</summary>
    public void Dispose()
    {
        _engine.Dispose();
        _cache?.Dispose();
    }

    /// <param name="Missing">Rows that were not in the cache.</param>
    private sealed record Window(int Begin, int Count, Task Embedded, IReadOnlyList<int> Missing);

    private Window Start(IReadOnlyList<string> texts, int begin, int count, float[] values, CancellationToken cancellationToken)
    {
        Interlocked.Add(ref _texts, count);
        var missing = new List<int>(count);
        for (var row = begin; row < begin + count; row++)
        {
            var text = texts[row] ?? throw new ArgumentException($"Text {row} is null; an empty text is \"\".", nameof(texts));
            if (_cache is null || !_cache.TryGet(text, values.AsSpan(row * Dimension, Dimension)))
                missing.Add(row);
        }
        Interlocked.Add(ref _cached, count - missing.Count);
        return new Window(begin, count, _engine.EmbedAsync(texts, missing, values, cancellationToken), missing);
    }

    private async Task FinishAsync(Window window, IReadOnlyList<string> texts, float[] values, CancellationToken cancellationToken)
    {
        await window.Embedded.ConfigureAwait(false);
        if (_cache is null)
            return;
        foreach (var row in window.Missing)
            _cache.Add(texts[row], values.AsSpan(row * Dimension, Dimension));
        cancellationToken.ThrowIfCancellationRequested();
    }
}
