namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class MemoryWorkQueueTests : WorkQueueContract
{
    private protected override ValueTask<OpenQueues> BeginAsync(int shards) => new(new InMemory(shards));

    private sealed class InMemory(int shards) : OpenQueues
    {
        private readonly MemoryShards _shards = new(shards, new LeaseOptions { Timeout = TimeSpan.FromMinutes(5) });

        protected override ValueTask<IWorkQueue> OneMoreAsync() => new(new MemoryWorkQueue(_shards));
    }
}
