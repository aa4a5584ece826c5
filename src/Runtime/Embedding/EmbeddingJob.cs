using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Runtime;

/// <summary>Texts to a file of vectors, of any length in the same memory.</summary>
public static class EmbeddingJob
{
    private const int WindowTexts = 8192;

    /// <summary>Embeds every text, in order.</summary>
    /// <param name="embedder">Stays the caller's.</param>
    /// <param name="input">The texts; files of them are opened by the package XlLoraOnnx.Datasets.</param>
    /// <param name="output">It appears under this name when the job is done, in place of an older one; until then rows are in
    /// <paramref name="output"/><c>.partial</c>, where the same job continues after an interruption.</param>
    /// <exception cref="EmbeddingInterruptedException">The job was cancelled.</exception>
    /// <exception cref="FileNotFoundException">There is no such input.</exception>
    /// <exception cref="InvalidDataException">The input is malformed, or a vector is not finite.</exception>
    /// <exception cref="IOException">The output cannot be written, or holds rows of another job.</exception>
    public static async Task<EmbeddingReport> RunAsync(TextEmbedder embedder, TextInput input, string output,
        EmbeddingJobOptions? options = null, IProgress<EmbeddingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentException.ThrowIfNullOrEmpty(output);
        options ??= new EmbeddingJobOptions();
        var layout = new VectorLayout(options.Format ?? VectorLayout.FormatOf(output), embedder.Dimension);
        ArgumentNullException.ThrowIfNull(input);
        // a mistake in the last row of a long file should not cost a night
        long? total = input.IsReadOnce
            ? null
            : await Texts(input, options, cancellationToken).LongCountAsync(cancellationToken).ConfigureAwait(false);
        if (total == 0)
            throw new InvalidDataException($"{input.Name} holds no texts; it needs at least one.");
        using var file = new VectorFile(Path.GetFullPath(output), layout, Identity(embedder, input, options, layout));
        var tally = new Tally(embedder, total, file.Rows, progress);
        try
        {
            var texts = Texts(input, options, cancellationToken);
            await foreach (var window in Windows(embedder, texts, file.Rows, cancellationToken).ConfigureAwait(false))
            {
                for (var i = 0; i < window.Texts.Length; i++)
                    file.Append(window.Texts[i], window.Vectors[i]);
                file.Flush();
                tally.Add(window.Texts);
            }
        }
        catch (OperationCanceledException e)
        {
            throw new EmbeddingInterruptedException(file.PartialPath, file.Rows, e);
        }
        file.Complete();
        return tally.Report(output);
    }

    /// <summary>Embeds every text to a stream, in order; nothing can be continued.</summary>
    /// <inheritdoc cref="RunAsync(TextEmbedder, TextInput,
    /// string, EmbeddingJobOptions?, IProgress{EmbeddingProgress}?, CancellationToken)"/>
    /// <param name="output">Stays the caller's; the format must be one of lines.</param>
    public static async Task<EmbeddingReport> RunAsync(TextEmbedder embedder, TextInput input, Stream output,
        EmbeddingJobOptions? options = null, IProgress<EmbeddingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(embedder);
        ArgumentNullException.ThrowIfNull(output);
        options ??= new EmbeddingJobOptions();
        var layout = new VectorLayout(options.Format ?? VectorFormat.JsonLines, embedder.Dimension);
        if (layout.RowBytes is not null)
            throw new ArgumentException(
                $"{layout.Format} begins with the number of texts, which a stream learns last. Use JsonLines or Csv, or a file.");
        ArgumentNullException.ThrowIfNull(input);
        var tally = new Tally(embedder, total: null, continued: 0, progress);
        var rows = new ArrayBufferWriter<byte>();
        await output.WriteAsync(layout.Header(0), cancellationToken).ConfigureAwait(false);
        var texts = Texts(input, options, cancellationToken);
        await foreach (var window in Windows(embedder, texts, skip: 0, cancellationToken).ConfigureAwait(false))
        {
            for (var i = 0; i < window.Texts.Length; i++)
                layout.WriteRow(rows, tally.Texts + i, window.Texts[i], window.Vectors[i]);
            await output.WriteAsync(rows.WrittenMemory, cancellationToken).ConfigureAwait(false);
            await output.FlushAsync(cancellationToken).ConfigureAwait(false);
            rows.ResetWrittenCount();
            tally.Add(window.Texts);
        }
        return tally.Report(null);
    }

    private static IAsyncEnumerable<string> Texts(TextInput input, EmbeddingJobOptions options, CancellationToken cancellationToken)
    {
        var texts = input.Read(cancellationToken);
        return options.Limit is { } limit ? texts.Take((int)Math.Min(limit, int.MaxValue)) : texts;
    }

    private static Dictionary<string, string> Identity(
        TextEmbedder embedder, TextInput input, EmbeddingJobOptions options, VectorLayout layout) => new(input.Identity)
        {
            ["model"] = embedder.Fingerprint,
            ["format"] = layout.Format.ToString(),
            ["limit"] = options.Limit?.ToString(CultureInfo.InvariantCulture) ?? "",
        };

    private sealed record Window(string[] Texts, EmbeddingMatrix Vectors);

    /// <summary>The next window is on its way while one is being written.</summary>
    private static async IAsyncEnumerable<Window> Windows(
        TextEmbedder embedder, IAsyncEnumerable<string> texts, long skip, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Task<Window>? running = null;
        var chunks = texts.Skip(checked((int)skip)).Chunk(WindowTexts);
        await foreach (var chunk in chunks.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var next = EmbedAsync(embedder, chunk, cancellationToken);
            if (running is not null)
                yield return await running.ConfigureAwait(false);
            running = next;
        }
        if (running is not null)
            yield return await running.ConfigureAwait(false);
    }

    private static async Task<Window> EmbedAsync(TextEmbedder embedder, string[] texts, CancellationToken cancellationToken) =>
        new(texts, await embedder.EmbedAsync(texts, progress: null, cancellationToken).ConfigureAwait(false));

    /// <summary>Counts.</summary>
    private sealed class Tally(TextEmbedder embedder, long? total, long continued, IProgress<EmbeddingProgress>? progress)
    {
        private readonly long _started = Stopwatch.GetTimestamp();
        private readonly EmbeddingStatistics _before = embedder.Statistics;
        private readonly long _continued = continued;
        private long _empty;

        public long Texts { get; private set; } = continued;

        public void Add(string[] texts)
        {
            Texts += texts.Length;
            _empty += texts.Count(t => t.Length == 0);
            var rate = (Texts - _continued) / Math.Max(Stopwatch.GetElapsedTime(_started).TotalSeconds, 1e-6);
            TimeSpan? left = total is null ? null : TimeSpan.FromSeconds((total.Value - Texts) / rate);
            progress?.Report(new EmbeddingProgress(Texts, total, rate, Since().UsefulTokenShare, left));
        }

        public EmbeddingReport Report(string? output) => new()
        {
            Output = output,
            Texts = Texts,
            Continued = _continued,
            EmptyTexts = _empty,
            Dimension = embedder.Dimension,
            Prompt = embedder.Prompts.Default,
            Elapsed = Stopwatch.GetElapsedTime(_started),
            Statistics = Since(),
        };

        private EmbeddingStatistics Since() => embedder.Statistics.Since(_before);
    }
}
