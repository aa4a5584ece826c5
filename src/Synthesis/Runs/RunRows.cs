using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>The rows that this process is to generate: it goes over the input, and takes of the shards that come what nobody else
/// has.</summary>
internal sealed class RunRows(
    RunInputs inputs, RunManifest manifest, RunJournals journals, ShardLeases leases, RunCounters counters,
    SynthesisOptions options, SynthesisJobOptions job)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, ShardProgress> _taken = [];
    private readonly HashSet<int> _counted = [];
    private TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The shard that a row was handed out of.</summary>
    public ShardProgress ShardOf(long row)
    {
        lock (_lock)
            return _taken[(int)(row / manifest.ShardRows)];
    }

    /// <summary>Null where all that is left is with others.</summary>
    public async IAsyncEnumerable<RowWork?> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // taken before it is looked whether all is done, so that no end is missed
            var ended = Volatile.Read(ref _ended).Task;
            if (IsAllDone())
                yield break;
            var any = false;
            await foreach (var row in PassAsync(cancellationToken).ConfigureAwait(false))
            {
                any = true;
                yield return row;
            }
            if (any)
                continue;
            // what runs must end before it can be known what is left
            yield return null;
            counters.Stage = HasTaken() || IsAllDone() ? SynthesisStage.Generating : SynthesisStage.Waiting;
            counters.Report();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var others = leases.WaitAsync(IsMine, stop.Token);
            await Task.WhenAny(ended, others).ConfigureAwait(false);
            await stop.CancelAsync().ConfigureAwait(false);
            await others.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (others.IsFaulted)
                await others.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Whether all shards that this process may take are done.</summary>
    public bool IsAllDone() => leases.AreAllDone(IsMine);

    private bool IsMine(int shard) => job.Shard is null || job.Shard.Has(shard);

    private bool HasTaken()
    {
        lock (_lock)
            return _taken.Count > 0;
    }

    private async IAsyncEnumerable<RowWork> PassAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ShardProgress? shard = null;
        var number = -1;
        var occurrences = new AnchorOccurrences(manifest.Input.DistinctAnchors);
        await foreach (var anchor in inputs.ReadAsync(occurrences, cancellationToken).ConfigureAwait(false))
        {
            if (anchor.Row / manifest.ShardRows != number)
            {
                shard?.End();
                number = (int)(anchor.Row / manifest.ShardRows);
                shard = TryTake(number);
            }
            if (shard is null || leases.IsLost(number))
                continue;
            foreach (var row in Open(anchor))
            {
                shard.Begin();
                yield return row;
            }
        }
        shard?.End();
    }

    private ShardProgress? TryTake(int number)
    {
        if (leases.IsDone(number) && _counted.Add(number))
            counters.Known(options.Samples * Math.Min(manifest.ShardRows, manifest.Input.Rows - (long)number * manifest.ShardRows));
        if (!IsMine(number) || leases.TryTake(s => s == number) is null)
            return null;
        _counted.Add(number);
        // whoever had it before may have done part of it
        journals.Refresh();
        var shard = new ShardProgress(number, Finish);
        lock (_lock)
            _taken.Add(number, shard);
        return shard;
    }

    private IEnumerable<RowWork> Open(KeyedAnchor anchor)
    {
        if (AnchorCheck.Refuse(anchor.Text) is not null || (job.Dedupe && anchor.Occurrence > 0))
        {
            counters.Known(options.Samples);
            yield break;
        }
        for (var sample = 0; sample < options.Samples; sample++)
        {
            var row = new RowWork(anchor.Row, anchor.Key, sample, anchor.Text, options);
            journals.Restore(row);
            if (!row.IsSettled)
                yield return row;
            else
                counters.Known(1);
        }
    }

    private void Finish(int number)
    {
        lock (_lock)
            _taken.Remove(number);
        if (!leases.IsLost(number))
        {
            // a shard that is marked as done must be
            journals.Sync();
            leases.Finish(number);
        }
        Interlocked.Exchange(ref _ended, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
