using Microsoft.AspNetCore.Http;

namespace XlLoraOnnx.Server;

/// <summary>How many rows are in hand: no more than can wait in reason, and none that is new once the server is to stop.
/// Thread-safe.</summary>
internal sealed class Admission(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private int _rows;
    private bool _isClosed;

    public int Rows => Volatile.Read(ref _rows);

    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Completes when nothing runs any more, after <see cref="Close"/>.</summary>
    public Task Empty => _empty.Task;

    /// <summary>Cancelled when what runs is to end at once.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <returns>To be disposed of when the rows have ended and their answer is written.</returns>
    /// <exception cref="RequestRefusedException">There are too many, or no more are taken.</exception>
    public IDisposable Enter(int rows)
    {
        if (rows > capacity)
            throw RequestRefusedException.Of("prompt", $"The request has {rows} prompts; this server takes {capacity} at a time.");
        lock (_lock)
        {
            if (_isClosed)
                throw Failures.Draining();
            if (_rows + rows > capacity)
                throw new RequestRefusedException(StatusCodes.Status429TooManyRequests, "rate_limit_error", null, "rate_limit_exceeded",
                    $"{_rows} requests run or wait, and {capacity} may. Try again.")
                { RetryAfter = 1 };
            _rows += rows;
        }
        return new Entry(this, rows);
    }

    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            if (_rows == 0)
                _empty.TrySetResult();
        }
    }

    public Task AbandonAsync() => _abandoned.CancelAsync();

    public void Dispose() => _abandoned.Dispose();

    private void Leave(int rows)
    {
        lock (_lock)
        {
            _rows -= rows;
            if (_isClosed && _rows == 0)
                _empty.TrySetResult();
        }
    }

    private sealed class Entry(Admission admission, int rows) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                admission.Leave(rows);
        }
    }
}
