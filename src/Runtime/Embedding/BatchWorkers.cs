namespace XlLoraOnnx.Runtime;

/// <summary>Threads that take batches of like length from one pool, each with a session to run them on, for all callers together.</summary>
internal sealed class BatchWorkers : IDisposable
{
    private readonly TextPool _pool;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _waiting = new(0);
    private readonly Thread[] _threads;
    private readonly CancellationTokenSource _closing = new();
    private readonly List<WeakReference<EmbeddingRequest>> _requests = [];
    private bool _closed;

    /// <param name="run">One for each thread; writes the vectors of a batch to its requests.</param>
    public BatchWorkers(TextPool pool, IEnumerable<Action<IReadOnlyList<EncodedText>>> run)
    {
        _pool = pool;
        _threads = [.. run.Select(r => new Thread(() => Work(r)) { IsBackground = true, Name = "embedding" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <param name="texts">Longest first.</param>
    public void Add(EmbeddingRequest request, IReadOnlyList<EncodedText> texts)
    {
        lock (_lock)
        {
            // under the lock: what is added before the end is told of it, and nothing is added after
            ObjectDisposedException.ThrowIf(_closed || _closing.IsCancellationRequested, this);
            _pool.Add(texts);
            _requests.RemoveAll(r => !r.TryGetTarget(out var known) || known.IsOver);
            _requests.Add(new WeakReference<EmbeddingRequest>(request));
            // a thread that finds the pool empty goes back to sleep: too many wake-ups do no harm
            _waiting.Release(Math.Min(_threads.Length, texts.Count));
        }
    }

    /// <summary>Batches that run are finished; who still waits is told.</summary>
    public void Dispose()
    {
        if (_closing.IsCancellationRequested)
            return;
        _closing.Cancel();
        foreach (var thread in _threads)
            thread.Join();
        lock (_lock)
        {
            _closed = true;
            foreach (var reference in _requests)
            {
                if (reference.TryGetTarget(out var request))
                    request.Fail(new ObjectDisposedException(
                        nameof(TextEmbedder), "The embedder was disposed of before this text had its turn."));
            }
        }
        _waiting.Dispose();
        _closing.Dispose();
    }

    private void Work(Action<IReadOnlyList<EncodedText>> run)
    {
        while (!_closing.IsCancellationRequested)
        {
            List<EncodedText> batch;
            lock (_lock)
                batch = _pool.Take();
            if (batch.Count == 0)
            {
                WaitForWork();
                continue;
            }
            try
            {
                run(batch);
            }
#pragma warning disable CA1031 // goes to those who wait for these texts
            catch (Exception e)
#pragma warning restore CA1031
            {
                foreach (var request in batch.Select(t => t.Request).Distinct())
                    request.Fail(e);
            }
        }
    }

    private void WaitForWork()
    {
        try
        {
            _waiting.Wait(_closing.Token);
        }
        catch (OperationCanceledException)
        {
            // closing: the loop ends by itself
        }
    }
}
