namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Looks at a run in PostgreSQL without taking part in it: reads, and changes nothing.</summary>
/// <remarks>
/// The first look reads the mark of every answer, some hundred bytes each; later ones what is new. Who is alive is told by the clock of the
/// server alone, and rates by those of the workers. Not thread-safe.
/// </remarks>
public sealed class PostgreSqlRunStatusReader : IAsyncDisposable
{
    private readonly PostgreSqlRunAddress _address;
    private readonly Database _database;
    private WatchedRun? _watched;

    private PostgreSqlRunStatusReader(PostgreSqlRunAddress address, Database database) => (_address, _database) = (address, database);

    /// <summary>Connects; needs no more than to read the tables of the schema <c>xllora</c>.</summary>
    /// <param name="address">Of the run.</param>
    /// <param name="patience">How long to wait for a server that is away, now and later; null for two minutes.</param>
    /// <param name="waiting">Told, a sentence each time, while the server is away for longer than a moment; null for nobody.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">The server cannot be reached, or refuses.</exception>
    /// <exception cref="InvalidDataException">The tables are of an older version, or there are none.</exception>
    /// <exception cref="NotSupportedException">A newer version of this program has made the tables.</exception>
    public static async Task<PostgreSqlRunStatusReader> OpenAsync(
        PostgreSqlRunAddress address, TimeSpan? patience = null, IProgress<string>? waiting = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new PostgreSqlRunStatusReader(address,
            await Database.OpenAsync(address, patience, waiting, DatabaseSchema.CheckAsync, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>What stands there now.</summary>
    /// <exception cref="ArgumentException">There is no run of that name.</exception>
    /// <exception cref="InvalidDataException">It was begun by a version that did not note how many rows it has.</exception>
    /// <exception cref="IOException">The server is away for too long, or refuses.</exception>
    public async Task<RunStatus> ReadAsync(CancellationToken cancellationToken = default)
    {
        var (run, facts) = await RunFacts.ReadAsync(_database, _address.Name, cancellationToken).ConfigureAwait(false);
        // deleted, and begun anew under the same name
        if (_watched?.Run != run)
            _watched = new WatchedRun(_database, run, facts);
        await _watched.TakeNewAsync(cancellationToken).ConfigureAwait(false);
        var shards = (int)((facts.Anchors + facts.ShardRows - 1) / facts.ShardRows);
        var progress = await ShardTable.ProgressAsync(_database, run, shards - 1, cancellationToken).ConfigureAwait(false);
        var workers = await WorkerTable.ListAsync(_database, run, cancellationToken).ConfigureAwait(false);
        // the last shard may be a short one
        var ofShards = facts.Samples
            * ((long)progress.Done * facts.ShardRows - (progress.IsLastDone ? (long)shards * facts.ShardRows - facts.Anchors : 0));
        var isDecided = progress.Done == shards;
        return new RunStatus
        {
            Place = _address.ToString(),
            Rows = facts.Rows,
            // the same text again is no row of a run without repeated ones, but counts in its shard
            DoneRows = isDecided ? facts.Rows : Math.Min(Math.Max(_watched.Tally.Decided, ofShards), facts.Rows),
            Shards = shards,
            DoneShards = progress.Done,
            IsComplete = isDecided && facts.HasOutputs,
            Tasks = [.. workers.Select((w, i) => TaskOf(i + 1, w, _watched, progress.Now))],
        };
    }

    /// <summary>Closes its connections.</summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private static RunTask TaskOf(int number, Worker worker, WatchedRun watched, DateTimeOffset now)
    {
        var state = worker.State;
        var rates = worker.Ids.Select(watched.RateOf).OfType<AnswerRate>().ToArray();
        return new RunTask
        {
            Journal = number,
            Host = worker.Host,
            Task = worker.Task,
            State = state,
            Shards = worker.Shards,
            Answers = rates.Sum(r => r.Answers),
            RowsPerSecond = state == RunTaskState.Working ? watched.Tally.RowsOfAnAnswer * rates.Sum(r => r.AnswersPerSecond(now)) : 0,
            Silence = worker.Shards > 0 ? worker.Silence : null,
        };
    }

    /// <summary>The answers of a run, as far as they were read.</summary>
    private sealed class WatchedRun(Database database, int run, SharedRun facts)
    {
        private readonly UnseenAnswers _unseen = new(database, new AnswerTable(database, run), writer: Guid.Empty);
        private readonly Dictionary<Guid, AnswerRate> _rates = [];

        public int Run => run;

        public RunTally Tally { get; } = new(facts.Sides, facts.MaxAttempts);

        /// <returns>Null for who has written nothing.</returns>
        public AnswerRate? RateOf(Guid writer) => _rates.GetValueOrDefault(writer);

        public async Task TakeNewAsync(CancellationToken cancellationToken)
        {
            await foreach (var (mark, writer) in _unseen.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                Tally.Take(mark);
                if (!_rates.TryGetValue(writer, out var rate))
                    _rates.Add(writer, rate = new AnswerRate());
                rate.Take(mark);
            }
        }
    }
}
