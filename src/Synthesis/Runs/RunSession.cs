namespace XlLoraOnnx.Synthesis;

/// <summary>What one process holds while it works on a run.</summary>
internal sealed class RunSession : IAsyncDisposable
{
    private readonly IAnswerLog _log;
    private readonly ClaimRenewal _renewal;

    private RunSession(RunManifest manifest, IAnswerLog log, IWorkQueue queue, LeaseOptions leases, long triplets)
    {
        (Manifest, _log, Queue) = (manifest, log, queue);
        Answers = new RunAnswers(log, triplets);
        _renewal = new ClaimRenewal(queue, leases);
    }

    public RunManifest Manifest { get; }

    /// <summary>As far as they were read; all there are when the session is opened.</summary>
    public RunAnswers Answers { get; }

    public IWorkQueue Queue { get; }

    /// <summary>Takes a place among those who work on the run, and reads what all have answered.</summary>
    /// <param name="folder">Of the run; null where it has none.</param>
    /// <param name="inputs">Stored for others, where they may have no file of it.</param>
    /// <exception cref="InvalidDataException">What is there is damaged, or of another run.</exception>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static async Task<RunSession> OpenAsync(
        RunFolder? folder, RunManifest manifest, RunInputs inputs, SynthesisJobOptions job, CancellationToken cancellationToken)
    {
        var leases = new LeaseOptions { Timeout = job.LeaseTimeout };
        IAnswerLog? log = null;
        IWorkQueue? queue = null;
        RunSession? session = null;
        try
        {
            if (job.Backend is null && folder is not null)
            {
                var own = FolderAnswerLog.Open(folder.FullPath, manifest.RunId);
                (log, queue) = (own, new ShardLeases(folder.FullPath, manifest.Shards, own.Owner, leases));
            }
            else
            {
                var backend = job.Backend ?? SynthesisBackend.InMemory();
                if (backend.Describe is { } describe)
                    await describe(SharedRun.Of(manifest, job, hasOutputs: false), cancellationToken).ConfigureAwait(false);
                var input = manifest.Input;
                if (backend.StoreInput is { } store && inputs.ToShare(input.Sha256, input.Bytes, input.Rows) is { } rows)
                    await store(manifest.RunId, rows, cancellationToken).ConfigureAwait(false);
                log = await backend.OpenLog(manifest.RunId, cancellationToken).ConfigureAwait(false);
                queue = await backend.OpenQueue(manifest.RunId, manifest.Shards, leases.Timeout, cancellationToken).ConfigureAwait(false);
            }
            session = new RunSession(manifest, log, queue, leases, manifest.Input.RowsOf(job));
            await session.Answers.RefreshAsync(cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch
        {
            if (session is not null)
                await session.DisposeAsync().ConfigureAwait(false);
            else if (log is not null)
                await log.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _renewal.Dispose();
        await Queue.DisposeAsync().ConfigureAwait(false);
        await _log.DisposeAsync().ConfigureAwait(false);
    }
}
