using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.ML.OnnxRuntimeGenAI;

namespace XlLoraOnnx.Runtime.GenAI;

/// <summary>
/// <see cref="ITextGenerator"/> on official ONNX Runtime GenAI: one adapter per batch, all rows of a batch held until the last has ended,
/// one random stream per batch. Concurrent calls wait for each other.
/// </summary>
internal sealed class GenAiTextGenerator : ITextGenerator
{
    /// <summary>More rows the native search refuses.</summary>
    public const int LargestBatch = 32;

    private readonly GenAiSession _session;
    private readonly AdapterCatalog _catalog;
    private readonly PromptEncoder _encoder;
    private readonly SemaphoreSlim _oneAtATime = new(1, 1);
    /// <summary>Held while native code runs, by batches and by whoever unloads an adapter.</summary>
    private readonly Lock _native = new();
    private readonly GenAiCounters _counters = new();
    private bool _disposed;

    /// <summary>Takes ownership of the session.</summary>
    public GenAiTextGenerator(GenAiSession session, AdapterCatalog catalog, int batchSize)
    {
        if (batchSize is < 1 or > LargestBatch)
            throw new ArgumentOutOfRangeException(nameof(batchSize), batchSize,
                $"The batch size is {batchSize}; ONNX Runtime GenAI takes 1 to {LargestBatch} rows.");
        _session = session;
        _catalog = catalog;
        _encoder = new PromptEncoder(session.Folder);
        PreferredBatchSize = batchSize;
    }

    public int PreferredBatchSize { get; }

    public IReadOnlyCollection<string> Adapters => _catalog.Names;

    public GenerationStatistics Statistics => _counters.Statistics;

    public async IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var editions = CheckRequests(requests);
        await _oneAtATime.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            // Leaving the loop early must end the native work too, before the semaphore is given back.
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var results = Channel.CreateUnbounded<GenerationResult>();
            var work = Task.Run(() => Run(requests, editions, results.Writer, stop.Token), CancellationToken.None);
            try
            {
                await foreach (var result in results.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    // those that were ready before the caller cancelled would otherwise still come
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return result;
                }
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

    public void AddAdapter(string name, string path) => _catalog.Add(name, path);

    /// <summary>Waits for the batch that runs; rows of later batches are rejected.</summary>
    public void RemoveAdapter(string name)
    {
        if (_native.IsHeldByCurrentThread)
            throw new InvalidOperationException("RemoveAdapter is called from OnText, while the adapter may be in use. Call it elsewhere.");
        _catalog.Remove(name);
        lock (_native)
        {
            if (!_disposed)
                _session.UnmountRemoved();
        }
    }

    public void Dispose()
    {
        _oneAtATime.Wait();
        DisposeSession();
    }

    public async ValueTask DisposeAsync()
    {
        await _oneAtATime.WaitAsync().ConfigureAwait(false);
        await Task.Run(DisposeSession).ConfigureAwait(false);
    }

    /// <summary>No call runs, and the next one will find that it comes too late.</summary>
    private void DisposeSession()
    {
        try
        {
            lock (_native)
            {
                if (_disposed)
                    return;
                _disposed = true;
                _session.Dispose();
            }
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <returns>The adapters that are meant: name → edition in the catalog.</returns>
    private Dictionary<string, long> CheckRequests(IReadOnlyList<GenerationRequest> requests)
    {
        var editions = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var adapter in requests.Select(r => r.Adapter).OfType<string>().Distinct())
            editions[adapter] = _catalog.Edition(adapter)
                ?? throw new ArgumentException(_catalog.UnknownAdapter(adapter), nameof(requests));
        foreach (var sampling in requests.Select(r => r.Sampling).OfType<SamplingOptions>().Distinct())
        {
            sampling.Validate();
            if (sampling.DoSample && sampling.MinP > 0)
                throw new NotSupportedException(FormattableString.Invariant(
                    $"MinP is {sampling.MinP}; ONNX Runtime GenAI has no min-p sampling, so it must be 0 here."));
        }
        if (requests.Any(r => r.LogProbabilities is not null))
            throw new NotSupportedException("LogProbabilities are asked for, and ONNX Runtime GenAI shows none. Leave them out, or load "
                + "the model with the continuous engine.");
        return editions;
    }

    /// <summary>Runs on a thread of its own; every outcome, errors included, goes through the channel.</summary>
    private void Run(
        IReadOnlyList<GenerationRequest> requests, Dictionary<string, long> editions, ChannelWriter<GenerationResult> results,
        CancellationToken cancellationToken)
    {
        try
        {
            var context = _session.Manifest.Dimensions.ContextLength;
            var encoded = Encode(requests, results, cancellationToken);
            foreach (var batch in BatchPlanner.Plan(encoded, PreferredBatchSize, context, _session.Tokens.PadTokenId))
            {
                lock (_native)
                {
                    if (IsRemoved(batch, editions))
                        RejectRemoved(batch, results);
                    else
                        RunBatch(batch, editions, results, cancellationToken);
                }
            }
            results.Complete();
        }
        catch (Exception e)
        {
            results.Complete(e);
        }
    }

    private bool IsRemoved(GenerationBatch batch, Dictionary<string, long> editions) =>
        batch.Adapter is { } adapter && _catalog.Edition(adapter) != editions[adapter];

    private static void RejectRemoved(GenerationBatch batch, ChannelWriter<GenerationResult> results)
    {
        foreach (var row in batch.Rows)
            results.TryWrite(GenerationResult.Rejected(row.RowId, batch.Adapter, RejectionKind.AdapterRemoved, row.Prompt.Length,
                $"The adapter '{batch.Adapter}' was removed before this row was generated."));
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
                encoded.Add(_encoder.Encode(i, request));
            }
            catch (RejectedPromptException e)
            {
                results.TryWrite(GenerationResult.Rejected(request.RowId, request.Adapter, e.Kind, promptTokens: 0, e.Message));
            }
        }
        return encoded;
    }

    private void RunBatch(
        GenerationBatch batch, Dictionary<string, long> editions, ChannelWriter<GenerationResult> results,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        var maxLength = batch.MaxLength(_session.Manifest.Dimensions.ContextLength);
        var stopTokens = batch.IgnoreStopTokens ? [] : _session.Tokens.EosTokenIds;
        var rows = batch.Rows.Select(r => new RunningRow(r, stopTokens)).ToArray();
        Generator generator;
        try
        {
            generator = _session.CreateGenerator(
                rows.Length, maxLength, batch.Adapter, batch.Sampling, BatchSeed.Of(batch), batch.IgnoreStopTokens);
        }
        catch (ArgumentException) when (IsRemoved(batch, editions))
        {
            // at this very moment
            RejectRemoved(batch, results);
            return;
        }
        using var _ = generator;
        var texts = batch.Rows.Select(r => new RowText(r.OnText, _session.Folder.Tokenizer, r.StopSequences)).ToArray();
        generator.AppendTokens(batch.PaddedPrompts(_session.Tokens.PadTokenId));
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            generator.GenerateNextToken();
            var tokens = generator.GetNextTokens();
            for (var row = 0; row < rows.Length; row++)
            {
                if (Add(rows[row], tokens[row], texts[row]))
                    results.TryWrite(ResultOf(rows[row], texts[row]));
            }
            if (Array.TrueForAll(rows, r => r.FinishReason is not null))
                break;
            if (generator.IsDone())
            {
                // The sequence is as long as the model can hold.
                foreach (var (row, text) in rows.Zip(texts).Where(r => r.First.EndAtLength()))
                {
                    text.Tell(null);
                    results.TryWrite(ResultOf(row, text));
                }
                break;
            }
        }
        _counters.Count(batch, rows, Stopwatch.GetElapsedTime(started));
    }

    /// <returns>Whether the row ended with this token.</returns>
    private static bool Add(RunningRow row, int token, RowText text)
    {
        if (row.FinishReason is not null)
            return false;
        var ended = row.Add(token);
        row.Request.Progress?.Advance(row.Tokens.Count);
        if (row.FinishReason != FinishReason.Stop)
            text.Tell(token);
        if (ended)
            text.Tell(null);
        if (!text.IsStopped)
            return ended;
        row.EndAtStop();
        return true;
    }

    private GenerationResult ResultOf(RunningRow row, RowText text)
    {
        var request = row.Request;
        if (text.Error is { } error)
            return GenerationResult.Rejected(request.RowId, request.Adapter, RejectionKind.Invalid, request.Prompt.Length, error);
        return new GenerationResult
        {
            RowId = request.RowId,
            Adapter = request.Adapter,
            Text = text.Whole(row.Tokens),
            Tokens = [.. row.Tokens],
            PromptTokenCount = request.Prompt.Length,
            TokenCount = row.Tokens.Count,
            FinishReason = row.FinishReason!.Value,
        };
    }
}
