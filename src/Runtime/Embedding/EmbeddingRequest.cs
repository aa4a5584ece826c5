namespace XlLoraOnnx.Runtime;

/// <summary>Texts that one caller waits for; batches write the vectors where they belong.</summary>
/// <param name="values">[rows, dimension]</param>
internal sealed class EmbeddingRequest(float[] values, int dimension, int count)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left = count;

    /// <summary>Ends when every vector is there, or with what kept one of them from it.</summary>
    public Task Task => _done.Task;

    /// <summary>Nobody waits any more: what has not run need not.</summary>
    public bool IsOver => _done.Task.IsCompleted;

    public void Complete(int row, ReadOnlySpan<float> vector)
    {
        vector.CopyTo(values.AsSpan(row * dimension, dimension));
        if (Interlocked.Decrement(ref _left) == 0)
            _done.TrySetResult();
    }

    public void Fail(Exception cause) => _done.TrySetException(cause);

    public void Cancel(CancellationToken cancellationToken) => _done.TrySetCanceled(cancellationToken);
}
