namespace XlLoraOnnx.Synthesis;

/// <summary>The shards of a run, divided within this process.</summary>
/// <param name="run">Shared by all who work on the run.</param>
internal sealed class MemoryWorkQueue(MemoryShards run) : IWorkQueue
{
    private readonly HashSet<int> _lost = [];
    private bool _isDisposed;

    public ValueTask<int?> TryClaimAsync(int from, SynthesisShard? part, CancellationToken cancellationToken)
    {
        lock (run.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            for (var shard = from; shard < run.Count; shard++)
            {
                if (part?.Has(shard) != false && TryClaim(shard))
                    return new(shard);
            }
            return default;
        }
    }

    public ValueTask<bool> TryClaimOutputsAsync(CancellationToken cancellationToken)
    {
        lock (run.Gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return new(TryClaim(MemoryShards.Outputs));
        }
    }

    public ValueTask RenewAsync(CancellationToken cancellationToken)
    {
        lock (run.Gate)
        {
            foreach (var (shard, claim) in run.Claims.ToArray())
            {
                if (claim.Owner == this && !_isDisposed)
                    run.Claims[shard] = new(this, run.Now());
            }
        }
        return default;
    }

    public bool IsLost(int shard)
    {
        lock (run.Gate)
            return _lost.Contains(shard);
    }

    public ValueTask<bool> FinishAsync(int shard, CancellationToken cancellationToken)
    {
        lock (run.Gate)
        {
            if (!IsMine(shard))
            {
                return _lost.Contains(shard) ? new(false)
                    : throw new InvalidOperationException($"Shard {shard} was not claimed here.");
            }
            run.Claims.Remove(shard);
            return new(run.Done.Add(shard));
        }
    }

    public ValueTask ReleaseAsync(CancellationToken cancellationToken)
    {
        lock (run.Gate)
        {
            foreach (var shard in run.Claims.Keys.Where(IsMine).ToArray())
                run.Claims.Remove(shard);
        }
        return default;
    }

    public ValueTask<IReadOnlySet<int>> DoneAsync(CancellationToken cancellationToken)
    {
        lock (run.Gate)
            return new(run.Done.ToHashSet());
    }

    public ValueTask ReopenAsync(CancellationToken cancellationToken)
    {
        lock (run.Gate)
            run.Done.Clear();
        return default;
    }

    public ValueTask DisposeAsync()
    {
        lock (run.Gate)
            _isDisposed = true;
        return default;
    }

    private bool IsMine(int shard) => run.Claims.TryGetValue(shard, out var claim) && claim.Owner == this;

    private bool TryClaim(int shard)
    {
        if (run.Done.Contains(shard))
            return false;
        if (run.Claims.TryGetValue(shard, out var claim))
        {
            if (claim.Owner == this || !run.IsOver(claim))
                return false;
            claim.Owner._lost.Add(shard);
        }
        run.Claims[shard] = new(this, run.Now());
        _lost.Remove(shard);
        return true;
    }
}

/// <summary>What <see cref="MemoryWorkQueue"/>s of one run have in common.</summary>
/// <param name="count">Shards of the run.</param>
internal sealed class MemoryShards(int count, LeaseOptions options)
{
    /// <summary>The number under which the outputs are claimed.</summary>
    public const int Outputs = -1;

    /// <summary>Held by whoever reads or changes this.</summary>
    public Lock Gate { get; } = new();

    public int Count => count;

    public Dictionary<int, Claim> Claims { get; } = [];

    public HashSet<int> Done { get; } = [];

    public long Now() => options.Time.GetTimestamp();

    /// <summary>Whether it was not renewed for the timeout.</summary>
    public bool IsOver(Claim claim) => options.Time.GetElapsedTime(claim.Renewed) >= options.Timeout;

    /// <param name="Renewed">When its owner was last known to live.</param>
    public readonly record struct Claim(MemoryWorkQueue Owner, long Renewed);
}
