
namespace XlLoraOnnx.Runtime;

/// <summary>Tokenizer, sessions and the threads that feed them.</summary>
internal sealed class EmbeddingEngine : IDisposable
{
    private static readonly string[] VectorOutput = ["sentence_embedding"];

    private readonly string _folder;
    private readonly ModelManifest _manifest;
    private readonly EncoderFacts _facts;
    private readonly string? _adapter;
    private readonly TextEncoder _encoder;
    private readonly List<EncoderRun> _sessions = [];
    private readonly BatchWorkers _workers;
    private long _truncated;
    private long _batches;
    private long _tokens;
    private long _paddedTokens;

    public EmbeddingEngine(string folder, ModelManifest manifest, EmbeddingOptions options, CancellationToken cancellationToken)
    {
        (_folder, _manifest, _facts, _adapter) = (folder, manifest, manifest.Encoder!, options.Adapter);
        MaxSequenceLength = options.MaxSequenceLength ?? _facts.MaxSequenceLength;
        if (MaxSequenceLength < 1 || MaxSequenceLength > manifest.Dimensions.ContextLength)
            throw new ArgumentOutOfRangeException(nameof(options), MaxSequenceLength,
                $"The longest text is to have {MaxSequenceLength} tokens; '{folder}' reads 1 to {manifest.Dimensions.ContextLength}.");
        _encoder = new TextEncoder(XlLoraTokenizer.Load(folder), _facts, MaxSequenceLength);
        var run = new List<Action<IReadOnlyList<EncodedText>>>();
        try
        {
            foreach (var name in options.Devices ?? EmbeddingOptions.OnlyCpu)
            {
                var device = EncoderDevice.Parse(name, options.CpuBatches);
                cancellationToken.ThrowIfCancellationRequested();
                var session = new EncoderRun(folder, manifest, GraphRoles.Embedding, options.Adapter, device);
                _sessions.Add(session);
                run.AddRange(Enumerable.Repeat<Action<IReadOnlyList<EncodedText>>>(batch => Run(session, batch), device.Batches));
            }
            _workers = new BatchWorkers(new TextPool(MaxSequenceLength, options.TokensPerBatch), run);
        }
        catch
        {
            _sessions.ForEach(s => s.Dispose());
            throw;
        }
    }

    public int MaxSequenceLength { get; }

    public EmbeddingStatistics Statistics => new()
    {
        Texts = 0,
        CachedTexts = 0,
        TruncatedTexts = Volatile.Read(ref _truncated),
        Batches = Volatile.Read(ref _batches),
        Tokens = Volatile.Read(ref _tokens),
        PaddedTokens = Volatile.Read(ref _paddedTokens),
    };

    /// <param name="rows">Of the texts that are to be embedded.</param>
    /// <param name="values">[texts, dimension]; the rows are filled when the task ends.</param>
    public async Task<TextsRead> EmbedAsync(
        IReadOnlyList<string> texts, IReadOnlyList<int> rows, float[] values, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return default;
        var request = new EmbeddingRequest(values, _facts.Dimension, rows.Count);
        var encoded = new EncodedText[rows.Count];
        var cut = 0;
        // off the caller's thread, and on all cores where there is enough to do
        await Parallel.ForAsync(0, rows.Count, cancellationToken, (i, _) =>
        {
            var ids = _encoder.Encode(texts[rows[i]], out var truncated);
            if (truncated)
                Interlocked.Increment(ref cut);
            encoded[i] = new EncodedText(ids, texts[rows[i]], rows[i], request);
            return ValueTask.CompletedTask;
        }).ConfigureAwait(false);
        Interlocked.Add(ref _truncated, cut);
        Array.Sort(encoded, (a, b) => b.Ids.Length != a.Ids.Length ? b.Ids.Length - a.Ids.Length : a.Index - b.Index);
        using var registration = cancellationToken.Register(() => request.Cancel(cancellationToken));
        _workers.Add(request, encoded);
        await request.Task.ConfigureAwait(false);
        return new TextsRead(encoded.Sum(t => (long)t.Ids.Length), cut);
    }

    public void Dispose()
    {
        _workers.Dispose();
        _sessions.ForEach(s => s.Dispose());
    }

    private void Run(EncoderRun session, IReadOnlyList<EncodedText> batch)
    {
        var width = batch.Max(t => t.Ids.Length);
        var (ids, mask) = (new long[batch.Count * width], new long[batch.Count * width]);
        Array.Fill(ids, _facts.PadTokenId);
        for (var row = 0; row < batch.Count; row++)
        {
            var tokens = batch[row].Ids;
            for (var i = 0; i < tokens.Length; i++)
                ids[row * width + i] = tokens[i];
            mask.AsSpan(row * width, tokens.Length).Fill(1);
        }
        session.Run(new EncoderRows(batch.Count, width, ids, mask, null), VectorOutput, vectors => Complete(batch, vectors));
        Interlocked.Increment(ref _batches);
        Interlocked.Add(ref _tokens, batch.Sum(t => t.Ids.Length));
        Interlocked.Add(ref _paddedTokens, ids.Length);
    }

    private void Complete(IReadOnlyList<EncodedText> batch, ReadOnlySpan<float> vectors)
    {
        var dimension = _facts.Dimension;
        if (vectors.Length != batch.Count * dimension)
            throw new InvalidDataException(
                $"The graph of '{_folder}' gives {vectors.Length} numbers for {batch.Count} texts; xllora.json says {dimension} for each. "
                + "Export the model again.");
        for (var row = 0; row < batch.Count; row++)
        {
            var vector = vectors.Slice(row * dimension, dimension);
            if (IsFinite(vector))
                batch[row].Request.Complete(batch[row].Index, vector);
            else
                batch[row].Request.Fail(NonFiniteVector.Explain(_folder, _manifest, _adapter, batch[row]));
        }
    }

    private static bool IsFinite(ReadOnlySpan<float> vector)
    {
        foreach (var value in vector)
        {
            if (!float.IsFinite(value))
                return false;
        }
        return true;
    }
}

/// <param name="Tokens">Special tokens included.</param>
/// <param name="Truncated">Texts that were longer than the encoder reads.</param>
internal readonly record struct TextsRead(long Tokens, int Truncated);
