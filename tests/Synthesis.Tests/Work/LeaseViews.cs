namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What is done now, asked of a queue as the product asks it, in the words of tests.</summary>
internal static class LeaseViews
{
    extension(IWorkQueue queue)
    {
        public IReadOnlySet<int> DoneNow => queue.DoneAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();

        public int Done => queue.DoneNow.Count;

        public bool IsDone(int shard) => queue.DoneNow.Contains(shard);
    }

    extension(ShardLeases leases)
    {
        public bool IsAllDone => leases.Done == leases.Count;
    }
}
