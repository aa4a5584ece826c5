using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// <see cref="ITextGenerator"/> on ONNX Runtime itself: rows of any length and any adapter in one batch, a slot for the next row as soon as
/// one has ended, what prompts share computed once, a random stream for each row. Concurrent calls share the batch; several devices share
/// the queue.
/// </summary>
internal sealed class ContinuousTextGenerator : ITextGenerator
{
    /// <summary>Rows are queued in pieces, so that the first run while the last are still being encoded.</summary>
    private const int QueuedAtOnce = 64;

    private readonly ModelFolder _folder;
    private readonly PromptEncoder _encoder;
    private readonly AdapterCatalog _catalog;
    private readonly RowQueue _queue = new();
    private readonly ContinuousCounters _counters = new();
    private readonly List<ContinuousEngine> _engines = [];
    private readonly HashSet<ContinuousCall> _calls = [];
    private readonly Lock _lock = new();
    private readonly ILogger _logger;
    private readonly BeamSearchOptions? _beams;
    private int _enginesLeft;
    private string? _lost;
    private bool _disposed;

    /// <param name="devices">One engine each; their owner is the generator.</param>
    public ContinuousTextGenerator(ModelFolder folder, IReadOnlyList<IDecoderDevice> devices, ContinuousOptions options)
    {
        (_folder, _logger, _beams) = (folder, options.Logger, options.Beams);
        _encoder = new PromptEncoder(folder);
        _catalog = new AdapterCatalog(folder);
        PreferredBatchSize = options.MaxSlots * devices.Count;
        _enginesLeft = devices.Count;
        var settings = new ContinuousSettings
        {
            ContextLength = folder.Manifest.Dimensions.ContextLength,
            MaxSlots = options.MaxSlots,
            PrefillTokens = options.PrefillTokens,
            PromptLookupTokens = options.PromptLookupTokens,
            MaxResidentAdapters = options.MaxResidentAdapters,
            MaxAdapterBytes = options.MaxAdapterBytes ?? long.MaxValue,
            Affinity = devices.Count > 1,
            EnginesLeft = () => Volatile.Read(ref _enginesLeft),
            Canary = options.Canary ? folder.Manifest.Canary : null,
            DecoderStart = folder.Decoder.Translation?.DecoderStartTokenId,
            IsRemoved = IsRemoved,
            Logger = options.Logger,
        };
        foreach (var device in devices)
            _engines.Add(new ContinuousEngine(device, _queue, _catalog, settings, _counters, Lose));
    }

    public int PreferredBatchSize { get; }

    public GenerationStatistics Statistics => _counters.Statistics;

    public IReadOnlyCollection<string> Adapters => _catalog.Names;

    /// <summary>Of the devices that have had a row.</summary>
    public IReadOnlyList<MemoryPlan> MemoryPlans => [.. _engines.Select(e => e.Plan).OfType<MemoryPlan>()];

    public async IAsyncEnumerable<GenerationResult> GenerateAsync(
        IReadOnlyList<GenerationRequest> requests, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var adapters = CheckRequests(requests);
        var call = Open(adapters.Values);
        var adding = Task.Run(() => Add(requests, adapters, call), CancellationToken.None);
        try
        {
            await foreach (var result in call.Results.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                // those that were ready before the caller cancelled would otherwise still come
                cancellationToken.ThrowIfCancellationRequested();
                yield return result;
            }
        }
        finally
        {
            // leaving the loop early ends the rows, and waits until no engine knows them
            call.Cancel();
            await adding.ConfigureAwait(false);
            if (!call.Released.IsCompleted)
            {
                _queue.Sweep();
                _queue.Wake();
            }
            await call.Released.ConfigureAwait(false);
            Close(call);
        }
    }

    public void AddAdapter(string name, string path) => _catalog.Add(name, path);

    public void RemoveAdapter(string name)
    {
        _catalog.Remove(name);
        _queue.RejectRemoved(IsRemoved);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
        }
        foreach (var engine in _engines)
            engine.Dispose();
        ContinuousCall[] calls;
        lock (_lock)
            calls = [.. _calls];
        foreach (var call in calls)
            call.Fail(new ObjectDisposedException(nameof(ITextGenerator), "The generator was disposed while rows were running."));
        _queue.Sweep();
    }

    /// <returns>The adapters that are meant.</returns>
    private Dictionary<string, AdapterKey> CheckRequests(IReadOnlyList<GenerationRequest> requests)
    {
        var keys = new Dictionary<string, AdapterKey>(StringComparer.Ordinal);
        foreach (var adapter in requests.Select(r => r.Adapter).OfType<string>().Distinct())
            keys[adapter] = new AdapterKey(adapter, _catalog.Edition(adapter)
                ?? throw new ArgumentException(_catalog.UnknownAdapter(adapter), nameof(requests)));
        foreach (var sampling in requests.Select(r => r.Sampling).OfType<SamplingOptions>().Distinct())
            sampling.Validate();
        if (_beams is not null && requests.Any(r => r.LogProbabilities is not null))
            throw new NotSupportedException(
                "LogProbabilities are asked for, and a search over beams has none of single tokens. Load the model with NumBeams = 1, or "
                + "leave them out; Hypotheses have a score.");
        return keys;
    }

    private ContinuousCall Open(IReadOnlyCollection<AdapterKey> adapters)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var call = new ContinuousCall(_folder.Tokenizer, adapters);
            _calls.Add(call);
            _counters.CallBegins();
            return call;
        }
    }

    private void Close(ContinuousCall call)
    {
        lock (_lock)
            _calls.Remove(call);
        _counters.CallEnds();
    }

    private void Add(IReadOnlyList<GenerationRequest> requests, Dictionary<string, AdapterKey> adapters, ContinuousCall call)
    {
        try
        {
            var rows = new List<ContinuousRow>(QueuedAtOnce);
            for (var i = 0; i < requests.Count && !call.IsOver; i++)
            {
                if (Encode(requests[i], i, adapters, call) is { } row)
                    rows.Add(row);
                if (rows.Count < QueuedAtOnce)
                    continue;
                Queue(rows);
                rows.Clear();
            }
            Queue(rows);
        }
#pragma warning disable CA1031 // the caller gets it through the channel
        catch (Exception e)
#pragma warning restore CA1031
        {
            call.Fail(e);
        }
        call.CompleteAdding();
    }

    private ContinuousRow? Encode(
        GenerationRequest request, int index, Dictionary<string, AdapterKey> adapters, ContinuousCall call)
    {
        try
        {
            var encoded = _encoder.Encode(index, request);
            AdapterKey? adapter = request.Adapter is { } name ? adapters[name] : null;
            return new ContinuousRow(encoded, adapter, call, _folder, _beams);
        }
        catch (RejectedPromptException e)
        {
            call.Answer(GenerationResult.Rejected(request.RowId, request.Adapter, e.Kind, promptTokens: 0, e.Message));
            return null;
        }
    }

    private void Queue(List<ContinuousRow> rows)
    {
        foreach (var row in rows)
            row.Call.Expect();
        _queue.Add(rows);
        lock (_lock)
        {
            if (_lost is { } error)
                RejectAll(error);
        }
    }

    private bool IsRemoved(AdapterKey adapter) => _catalog.Edition(adapter.Name) != adapter.Edition;

    /// <summary>Its rows wait again; without any device left there is nothing to wait for.</summary>
    private void Lose(ContinuousEngine engine, Exception error)
    {
        int left;
        lock (_lock)
        {
            left = --_enginesLeft;
            if (left == 0)
                RejectAll(_lost = $"No device is left. The last, {engine.Name}, was given up: {error.Message}");
            else
                // rows that were to go rather to this one may now go anywhere
                _queue.Wake();
        }
        _logger.DeviceLost(engine.Name, left, error.Message);
    }

    private void RejectAll(string error)
    {
        _queue.RejectAll(RejectionKind.Failed, error);
        _queue.Sweep();
    }
}
