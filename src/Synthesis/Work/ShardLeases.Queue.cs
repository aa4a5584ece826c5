namespace XlLoraOnnx.Synthesis;

/// <summary>As a queue: all of it is done at once, since a shared disk has no other way of waiting.</summary>
internal sealed partial class ShardLeases : IWorkQueue
{
    private const string Outputs = "outputs";

    ValueTask<int?> IWorkQueue.TryClaimAsync(int from, SynthesisShard? part, CancellationToken cancellationToken) =>
        new(TryTake(shard => shard >= from && part?.Has(shard) != false));

    ValueTask<bool> IWorkQueue.TryClaimOutputsAsync(CancellationToken cancellationToken) => new(TryTake(Outputs));

    ValueTask IWorkQueue.RenewAsync(CancellationToken cancellationToken)
    {
        Beat();
        return default;
    }

    ValueTask<bool> IWorkQueue.FinishAsync(int shard, CancellationToken cancellationToken) => new(Finish(shard));

    ValueTask IWorkQueue.ReleaseAsync(CancellationToken cancellationToken)
    {
        ReleaseAll();
        return default;
    }

    ValueTask<IReadOnlySet<int>> IWorkQueue.DoneAsync(CancellationToken cancellationToken)
    {
        var done = _folder.List().Done;
        return new(Enumerable.Range(0, Count).Where(s => done.Contains(_shards[s])).ToHashSet());
    }

    ValueTask IWorkQueue.ReopenAsync(CancellationToken cancellationToken)
    {
        Reopen();
        return default;
    }

    ValueTask IAsyncDisposable.DisposeAsync()
    {
        Dispose();
        return default;
    }
}
