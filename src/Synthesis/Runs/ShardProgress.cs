namespace XlLoraOnnx.Synthesis;

/// <summary>How much of one claimed shard is still to come; done when all its rows have been handed out and are settled.</summary>
/// <param name="done">Called once.</param>
internal sealed class ShardProgress(int shard, Func<int, ValueTask> done)
{
    // one more, for the shard itself, until all its rows have been handed out
    private long _open = 1;

    public int Shard => shard;

    public void Begin() => Interlocked.Increment(ref _open);

    public ValueTask EndAsync() => Interlocked.Decrement(ref _open) == 0 ? done(shard) : default;
}
