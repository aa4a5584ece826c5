using System.Runtime.CompilerServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>The rows that this process is to generate: it goes over the input, and claims of the shards that come what nobody else
/// has.</summary>
/// <param name="poll">How long it waits before it asks again for what others have.</param>
internal sealed class RunRows(
    RunInputs inputs, RunManifest manifest, RunAnswers answers, IWorkQueue queue, RunCounters counters,
    SynthesisOptions options, SynthesisJobOptions job, TimeSpan poll)
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
            if (await AreAllDoneAsync(job.Shard, cancellationToken).ConfigureAwait(false))
                yield break;
            var first = await queue.TryClaimAsync(0, job.Shard, cancellationToken).ConfigureAwait(false);
            if (first is null)
            {
                // what runs must end before it can be known what is left
                yield return null;
                first = await WaitAsync(ended, cancellationToken).ConfigureAwait(false);
            }
            if (first is not { } claimed)
                continue;
            await foreach (var row in PassAsync(claimed, cancellationToken).ConfigureAwait(false))
                yield return row;
        }
    }

    /// <summary>Whether all shards of a part are done, by whomever.</summary>
    /// <param name="part">Null for all.</param>
    public async ValueTask<bool> AreAllDoneAsync(SynthesisShard? part, CancellationToken cancellationToken)
    {
        var done = await CountDoneAsync(cancellationToken).ConfigureAwait(false);
        return Enumerable.Range(0, manifest.Shards).All(s => part?.Has(s) == false || done.Contains(s));
    }

    /// <summary>The shards that are done; those that others have done are counted.</summary>
    private async ValueTask<IReadOnlySet<int>> CountDoneAsync(CancellationToken cancellationToken)
    {
        var done = await queue.DoneAsync(cancellationToken).ConfigureAwait(false);
        foreach (var shard in done)
        {
            if (_counted.Add(shard))
                counters.Known(options.Samples * RowsOf(shard));
        }
        return done;
    }

    private long RowsOf(int shard) => Math.Min(manifest.ShardRows, manifest.Input.Rows - (long)shard * manifest.ShardRows);

    /// <summary>Waits for a shard of others, or for an end.</summary>
    /// <param name="ended">Of a shard of this process.</param>
    /// <returns>A shard that has been claimed; null if it is to be looked whether all is done.</returns>
    private async ValueTask<int?> WaitAsync(Task ended, CancellationToken cancellationToken)
    {
        counters.Stage = HasTaken() ? SynthesisStage.Generating : SynthesisStage.Waiting;
        counters.Report();
        while (!ended.IsCompleted)
        {
            await WaitAtMostAsync(ended, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (await AreAllDoneAsync(job.Shard, cancellationToken).ConfigureAwait(false))
                return null;
            if (await queue.TryClaimAsync(0, job.Shard, cancellationToken).ConfigureAwait(false) is { } claimed)
                return claimed;
        }
        return null;
    }

    private async Task WaitAtMostAsync(Task ended, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var waiting = queue.WaitAsync(poll, stop.Token).AsTask();
        await Task.WhenAny(ended, waiting).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await waiting.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // the shard of this process was faster
        }
    }

    private bool HasTaken()
    {
        lock (_lock)
            return _taken.Count > 0;
    }

    /// <summary>Goes over the input once, and takes all that nobody has.</summary>
    /// <param name="first">The shard that is claimed already.</param>
    private async IAsyncEnumerable<RowWork> PassAsync(int first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (claimed, number) = ((int?)first, -1);
        ShardProgress? shard = null;
        var reading = inputs.Open();
        await using (reading.ConfigureAwait(false))
        {
            var occurrences = new AnchorOccurrences(manifest.Input.DistinctAnchors);
            await foreach (var anchor in reading.AnchorsAsync(occurrences, cancellationToken).ConfigureAwait(false))
            {
                if (anchor.Row / manifest.ShardRows != number)
                {
                    number = (int)(anchor.Row / manifest.ShardRows);
                    if (shard is not null)
                    {
                        await shard.EndAsync().ConfigureAwait(false);
                        claimed = await queue.TryClaimAsync(number, job.Shard, cancellationToken).ConfigureAwait(false);
                    }
                    if (claimed is null)
                        yield break;
                    shard = claimed == number ? await BeginAsync(number, cancellationToken).ConfigureAwait(false) : null;
                }
                if (shard is null || queue.IsLost(number))
                    continue;
                for (var sample = 0; sample < options.Samples; sample++)
                {
                    if (await OpenAsync(anchor, sample, cancellationToken).ConfigureAwait(false) is not { } row)
                        continue;
                    shard.Begin();
                    yield return row;
                }
            }
            if (shard is not null)
                await shard.EndAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<ShardProgress> BeginAsync(int number, CancellationToken cancellationToken)
    {
        _counted.Add(number);
        await CountDoneAsync(cancellationToken).ConfigureAwait(false);
        // whoever had it before may have done part of it
        await answers.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var shard = new ShardProgress(number, FinishAsync);
        lock (_lock)
            _taken.Add(number, shard);
        return shard;
    }

    /// <returns>Null where there is nothing to do.</returns>
    private async ValueTask<RowWork?> OpenAsync(KeyedAnchor anchor, int sample, CancellationToken cancellationToken)
    {
        var row = new RowWork(anchor, sample, options);
        if (AnchorCheck.Refuse(anchor.Text) is null && !(job.Dedupe && anchor.Occurrence > 0))
        {
            await answers.RestoreAsync(row, cancellationToken).ConfigureAwait(false);
            if (!row.IsSettled)
                return row;
        }
        counters.Known(1);
        return null;
    }

    private async ValueTask FinishAsync(int number)
    {
        lock (_lock)
            _taken.Remove(number);
        if (!queue.IsLost(number))
        {
            // a shard that is marked as done must be
            await answers.FlushAsync(durable: true, CancellationToken.None).ConfigureAwait(false);
            await queue.FinishAsync(number, CancellationToken.None).ConfigureAwait(false);
        }
        Interlocked.Exchange(ref _ended, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }
}
