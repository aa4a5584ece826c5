namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class FolderWorkQueueTests : WorkQueueContract
{
    private protected override ValueTask<OpenQueues> BeginAsync(int shards) => new(new InAFolder(shards));

    private sealed class InAFolder(int shards) : OpenQueues
    {
        private readonly TemporaryFolder _folder = new();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            _folder.Dispose();
        }

        protected override ValueTask<IWorkQueue> OneMoreAsync() =>
            new(new ShardLeases(_folder.Path, shards, RunOwner.Create(null), new LeaseOptions { Timeout = TimeSpan.FromMinutes(5) }));
    }
}
