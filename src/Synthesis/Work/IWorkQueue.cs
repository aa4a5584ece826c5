namespace XlLoraOnnx.Synthesis;

/// <summary>The shards of a run, 0 to their number less one, divided among the processes that work on it.</summary>
/// <remarks>
/// A claim saves work and does nothing more: of a shard that two processes worked on for a while, every answer counts once. So an
/// implementation may be wrong about who is alive, but of a process that is gone every claim must become free in the end. Thread-safe.
/// Disposing ends the renewals of this process; what it holds is for others to take over.
/// </remarks>
#pragma warning disable CA1711 // It is a queue of work; the rule means collections.
public interface IWorkQueue : IAsyncDisposable
#pragma warning restore CA1711
{
    /// <summary>Claims the first shard, from one on, that is neither finished nor somebody's.</summary>
    /// <param name="from">The first that may be claimed.</param>
    /// <param name="part">Only its shards; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null if there is none at the moment.</returns>
    ValueTask<int?> TryClaimAsync(int from, SynthesisShard? part, CancellationToken cancellationToken);

    /// <summary>Claims the writing of the outputs, which one process does at a time.</summary>
    /// <returns>Whether nobody else has it.</returns>
    ValueTask<bool> TryClaimOutputsAsync(CancellationToken cancellationToken);

    /// <summary>Shows that this process lives; to be called several times within the timeout of a claim.</summary>
    /// <exception cref="IOException">It cannot be shown at the moment; what is claimed stays so until its timeout.</exception>
    ValueTask RenewAsync(CancellationToken cancellationToken);

    /// <summary>Whether a shard that this process claimed is now another's, as far as it can be told without waiting.</summary>
    bool IsLost(int shard);

    /// <summary>Marks a claimed shard as finished, for good. All its answers must have been flushed durably before.</summary>
    /// <returns>False if it was lost to another, which then finishes it or has.</returns>
    ValueTask<bool> FinishAsync(int shard, CancellationToken cancellationToken);

    /// <summary>Gives everything back that this process has claimed, so that others need not wait for the timeout.</summary>
    ValueTask ReleaseAsync(CancellationToken cancellationToken);

    /// <summary>The shards that are finished now, by whomever.</summary>
    ValueTask<IReadOnlySet<int>> DoneAsync(CancellationToken cancellationToken);

    /// <summary>Waits until something may have changed: a shard was finished or given back.</summary>
    /// <param name="atMost">After which it is over anyway.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => new(Task.Delay(atMost, cancellationToken));

    /// <summary>Takes back that shards are finished: there is more to do in them.</summary>
    ValueTask ReopenAsync(CancellationToken cancellationToken);
}
