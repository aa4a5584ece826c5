using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// <see cref="ITextGenerator"/> on official ONNX Runtime GenAI: one adapter per batch, all rows of a batch held until the last has ended,
/// one random stream per batch. Concurrent calls wait for each other.
/// </summary>
internal sealed class GenAiTextGenerator : ITextGenerator
{
    /// <summary>More rows the native search refuses.</summary>
    public const int LargestBatch = 32;

    private readonly GenAiSession _session;
    private readonly PromptEncoder _encoder;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    private readonly Lock _statisticsLock = new();
    private GenerationStatistics _statistics = new();
    private string? _activeAdapter;
    private bool _disposed;

    /// <summary>Takes ownership of the session.</summary>
    public GenAiTextGenerator(GenAiSession session, int batchSize)
    {
        if (batchSize is < 1 or > LargestBatch)
            throw new ArgumentOutOfRangeException(nameof(batchSize), batchSize,
                $"The batch size is {batchSize}; ONNX Runtime GenAI takes 1 to {LargestBatch} rows.");
        _session = session;
        _encoder = new PromptEncoder(session);
        PreferredBatchSize = batchSize;
        DefaultSampling = new SamplingOptions
        {
            DoSample = session.Sampling.DoSample,
            Temperature = session.Sampling.Temperature,
            TopK = session.Sampling.TopK,
            TopP = session.Sampling.TopP,
            RepetitionPenalty = session.Sampling.RepetitionPenalty,
        };
        Adapters = [.. session.Manifest.Adapters.Keys];
    }

    public int PreferredBatchSize { get; }

    /// <summary>What generation_config.json says.</summary>
    public SamplingOptions DefaultSampling { get; }

    public IReadOnlyCollection<string> Adapters { get; }

    public GenerationStatistics Statistics
    {
        get
        {
            lock (_statisticsLock)
                return _statistics;
        }
    }

    public async IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        CheckRequests(requests);
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // Leaving the loop early must end the native work too, before the semaphore is given back.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var results = Channel.CreateUnbounded<GenerationResult>();
            var work = Task.Run(() => Run(requests, results.Writer, stop.Token), CancellationToken.None);
            try
            {
                await foreach (var result in results.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                    yield return result;
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await work.ConfigureAwait(false);
            }
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    public void Dispose()
    {
        _oneAtATime.Wait();
        try
        {
            if (_disposed)
                return;
            _disposed = true;
            _session.Dispose();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private void CheckRequests(IReadOnlyList<GenerationRequest> requests)
    {
        foreach (var adapter in requests.Select(r => r.Adapter).OfType<string>().Distinct())
        {
            if (!Adapters.Contains(adapter))
                throw new ArgumentException(_session.UnknownAdapter(adapter), nameof(requests));
        }
        foreach (var sampling in requests.Select(r => r.Sampling).OfType<SamplingOptions>().Distinct())
            sampling.Validate();
    }

    /// <summary>Runs on a thread of its own; every outcome, errors included, goes through the channel.</summary>
    private void Run(
        IReadOnlyList<GenerationRequest> requests, ChannelWriter<GenerationResult> results, CancellationToken cancellationToken)
    {
        try
        {
            var manifest = _session.Manifest;
            var encoded = Encode(requests, results, cancellationToken);
            var batches = BatchPlanner.Plan(encoded, PreferredBatchSize, manifest.Dimensions.ContextLength, _session.Tokens.PadTokenId);
            foreach (var batch in batches)
                RunBatch(batch, results, cancellationToken);
            results.Complete();
        }
        catch (Exception e)
        {
            results.Complete(e);
        }
    }

    private List<EncodedRequest> Encode(
        IReadOnlyList<GenerationRequest> requests, ChannelWriter<GenerationResult> results, CancellationToken cancellationToken)
    {
        var encoded = new List<EncodedRequest>(requests.Count);
        for (var i = 0; i < requests.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var request = requests[i];
            try
            {
                var prompt = _encoder.Encode(request);
                encoded.Add(new EncodedRequest(
                    i, request.RowId, prompt, request.Adapter, request.Sampling ?? DefaultSampling, request.MaxNewTokens));
            }
            catch (RejectedPromptException e)
            {
                results.TryWrite(new GenerationResult
                {
                    RowId = request.RowId,
                    Adapter = request.Adapter,
                    Text = "",
                    PromptTokenCount = 0,
                    TokenCount = 0,
                    FinishReason = FinishReason.Rejected,
                    RejectionKind = e.Kind,
                    Error = e.Message,
                });
            }
        }
        return encoded;
    }

    private void RunBatch(GenerationBatch batch, ChannelWriter<GenerationResult> results, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        var manifest = _session.Manifest;
        var maxLength = batch.MaxLength(manifest.Dimensions.ContextLength);
        var rows = batch.Rows.Select(r => new RunningRow(r, _session.Tokens.EosTokenIds)).ToArray();
        using var generator = _session.CreateGenerator(rows.Length, maxLength, batch.Adapter, batch.Sampling, BatchSeed(batch));
        generator.AppendTokens(batch.PaddedPrompts(_session.Tokens.PadTokenId));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            generator.GenerateNextToken();
            var tokens = generator.GetNextTokens();
            for (var row = 0; row < rows.Length; row++)
            {
                if (rows[row].Add(tokens[row]))
                    results.TryWrite(ResultOf(rows[row]));
            }
            if (Array.TrueForAll(rows, r => r.FinishReason is not null))
                break;
            if (generator.IsDone())
            {
                // The sequence is as long as the model can hold.
                foreach (var row in rows.Where(r => r.EndAtLength()))
                    results.TryWrite(ResultOf(row));
                break;
            }
        }
        Count(batch, rows, Stopwatch.GetElapsedTime(started));
    }

    private GenerationResult ResultOf(RunningRow row) => new()
    {
        RowId = row.Request.RowId,
        Adapter = row.Request.Adapter,
        Text = row.Tokens.Count == 0 ? "" : _session.Tokenizer.Decode([.. row.Tokens]),
        PromptTokenCount = row.Request.Prompt.Length,
        TokenCount = row.Tokens.Count,
        FinishReason = row.FinishReason!.Value,
    };

    private void Count(GenerationBatch batch, RunningRow[] rows, TimeSpan elapsed)
    {
        lock (_statisticsLock)
        {
            _statistics = _statistics with
            {
                Rows = _statistics.Rows + rows.Length,
                Batches = _statistics.Batches + 1,
                PromptTokens = _statistics.PromptTokens + batch.Rows.Sum(r => (long)r.Prompt.Length),
                PaddedPromptTokens = _statistics.PaddedPromptTokens + (long)rows.Length * batch.LongestPrompt,
                GeneratedTokens = _statistics.GeneratedTokens + rows.Sum(r => (long)r.Tokens.Count),
                AdapterSwitches = _statistics.AdapterSwitches + (_statistics.Batches > 0 && batch.Adapter != _activeAdapter ? 1 : 0),
                GenerationTime = _statistics.GenerationTime + elapsed,
            };
            _activeAdapter = batch.Adapter;
        }
    }

    /// <summary>The native runtime has one random stream per batch; it depends on the run seed and on the rows of the batch.</summary>
    private static int BatchSeed(GenerationBatch batch)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(batch.Sampling.Seed));
        hash.AppendData(Encoding.UTF8.GetBytes(batch.Adapter ?? ""));
        foreach (var row in batch.Rows)
            hash.AppendData(BitConverter.GetBytes(row.RowId));
        return BinaryPrimitives.ReadInt32LittleEndian(hash.GetHashAndReset()) & int.MaxValue;
    }
}
