namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>A run whose answers and whose division of work are in PostgreSQL (13 or later), for machines that share no disk.</summary>
/// <remarks>
/// Each machine runs the same job with its own copy of the model and this backend; one at least has the input, which is stored for the
/// others. They may come, go and die as they like: what was answered is there once it is committed, and what a dead one had claimed is free
/// after <see cref="SynthesisJobOptions.LeaseTimeout"/> by the clock of the server. While the server is away, everybody waits for it.
/// </remarks>
public sealed class PostgreSqlRun : IAsyncDisposable, IDisposable
{
    private readonly Database _database;

    private PostgreSqlRun(PostgreSqlRunAddress address, Database database)
    {
        (Address, _database) = (address, database);
        var workers = new WorkerTable(database, Guid.NewGuid());
        Backend = new SynthesisBackend
        {
            Place = address.ToString(),
            Describe = async (run, cancellationToken) => await RunFacts.WriteAsync(
                database, await NumberAsync(run.RunId, cancellationToken).ConfigureAwait(false), run, cancellationToken)
                .ConfigureAwait(false),
            StoreInput = async (runId, input, cancellationToken) => await AnchorTable.StoreAsync(
                database, await NumberAsync(runId, cancellationToken).ConfigureAwait(false), input, cancellationToken)
                .ConfigureAwait(false),
            FindInput = async cancellationToken => await database.UntilThereAsync(
                token => AnchorTable.FindAsync(database, address.Name, token),
                "has no anchors yet, which a worker with the file stores", cancellationToken).ConfigureAwait(false),
            OpenLog = async (runId, cancellationToken) =>
            {
                var run = await NumberAsync(runId, cancellationToken).ConfigureAwait(false);
                var log = await PostgreSqlAnswerLog.OpenAsync(database, run, cancellationToken).ConfigureAwait(false);
                await workers.AddAsync(run, log.Writer, timeout: null, cancellationToken).ConfigureAwait(false);
                return log;
            },
            OpenQueue = async (runId, shards, timeout, cancellationToken) =>
            {
                var run = await NumberAsync(runId, cancellationToken).ConfigureAwait(false);
                var queue = await PostgreSqlWorkQueue.OpenAsync(database, run, shards, timeout, cancellationToken).ConfigureAwait(false);
                await workers.AddAsync(run, queue.Owner, timeout, cancellationToken).ConfigureAwait(false);
                return queue;
            },
        };

        Task<int> NumberAsync(string runId, CancellationToken cancellationToken) =>
            RunNumber.OfAsync(database, address.Name, runId, cancellationToken);
    }

    /// <summary>Where it is.</summary>
    public PostgreSqlRunAddress Address { get; }

    /// <summary>For <see cref="SynthesisJobOptions.Backend"/>; it lives as long as this.</summary>
    public SynthesisBackend Backend { get; }

    /// <summary>Connects, and brings the tables (schema <c>xllora</c>) to the version of this program.</summary>
    /// <param name="address">Of the run.</param>
    /// <param name="patience">How long to wait for a server that is away, now and later; null for two minutes.</param>
    /// <param name="waiting">Told, a sentence each time, while the server is away for longer than a moment; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The server cannot be reached, or refuses.</exception>
    /// <exception cref="NotSupportedException">A newer version of this program has made the tables.</exception>
    public static async Task<PostgreSqlRun> OpenAsync(
        PostgreSqlRunAddress address, TimeSpan? patience = null, IProgress<string>? waiting = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new PostgreSqlRun(address,
            await Database.OpenAsync(address, patience, waiting, DatabaseSchema.UpdateAsync, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public void Dispose() => _database.Source.Dispose();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
