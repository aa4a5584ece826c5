namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>How claims end, by a clock that the test sets.</summary>
[TestClass]
public sealed class WorkQueueTimeoutTests
{
    private const string InAFolder = "in a folder", InMemory = "in memory";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task RenewAsync_WithinTheTimeout_KeepsTheClaim(string kind)
    {
        await using var run = new Run(kind, 1);
        var (owner, other) = (run.Open(), run.Open());
        Assert.AreEqual(0, await ClaimAsync(owner));

        for (int second = 0; second < 300; second += 5)
        {
            Assert.IsNull(await ClaimAsync(other));
            run.Time.Advance(TimeSpan.FromSeconds(5));
            await owner.RenewAsync(default);
        }

        Assert.IsFalse(owner.IsLost(0));
        Assert.IsTrue(await owner.FinishAsync(0, default));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task TryClaimAsync_OwnerThatDoesNotRenew_IsTakenOverAndTold(string kind)
    {
        await using var run = new Run(kind, 2);
        var (owner, other) = (run.Open(), run.Open());
        Assert.AreEqual(0, await ClaimAsync(owner));
        Assert.AreEqual(1, await ClaimAsync(other), "the first is another's");
        await other.FinishAsync(1, default);

        Assert.IsNull(await ClaimAsync(other));
        run.Time.Advance(Timeout - TimeSpan.FromSeconds(1));
        Assert.IsNull(await ClaimAsync(other));
        run.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.AreEqual(0, await ClaimAsync(other));

        await owner.RenewAsync(default);
        Assert.IsTrue(owner.IsLost(0));
        Assert.IsFalse(await owner.FinishAsync(0, default), "it is the other's now");
        Assert.IsFalse(other.IsLost(0));
        Assert.IsTrue(await other.FinishAsync(0, default));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task DisposeAsync_OfAnOwner_LeavesItsClaimsToOthersAfterTheTimeout(string kind)
    {
        await using var run = new Run(kind, 1);
        var (owner, other) = (run.Open(), run.Open());
        await ClaimAsync(owner);
        await ClaimAsync(other);
        await owner.DisposeAsync();

        run.Time.Advance(Timeout);
        await owner.RenewAsync(default);

        Assert.AreEqual(0, await ClaimAsync(other));
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(() => ClaimAsync(owner));
    }

    private static Task<int?> ClaimAsync(IWorkQueue queue) => queue.TryClaimAsync(0, null, default).AsTask();

    /// <summary>A run of so many shards, and all who work on it, with one clock.</summary>
    private sealed class Run : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly MemoryShards? _memory;
        private readonly int _shards;
        private readonly List<IWorkQueue> _queues = [];

        public Run(string kind, int shards)
        {
            _shards = shards;
            _memory = kind == InMemory ? new MemoryShards(shards, Options) : null;
        }

        public ManualTime Time { get; } = new();

        private LeaseOptions Options => new() { Timeout = Timeout, Time = Time };

        public IWorkQueue Open()
        {
            _queues.Add(_memory is not null ? new MemoryWorkQueue(_memory)
                : new ShardLeases(_folder.Path, _shards, RunOwner.Create(null), Options));
            return _queues[^1];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var queue in _queues)
                await queue.DisposeAsync();
            _folder.Dispose();
        }
    }
}
