using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>The table of shards of one run, as SQL.</summary>
internal sealed class ShardTable(Database database, int run)
{
    /// <summary>The number under which the outputs are claimed.</summary>
    public const int Outputs = -1;

    /// <summary>What is notified when something ends or becomes free.</summary>
    public string Channel { get; } = "xllora_" + run.ToString(CultureInfo.InvariantCulture);

    /// <summary>How many shards of a run are finished, for those who take no part in it.</summary>
    /// <param name="last">Number of the last.</param>
    /// <returns>Also whether the last one is, and the time of the server.</returns>
    public static Task<(int Done, bool IsLastDone, DateTimeOffset Now)> ProgressAsync(
        Database database, int run, int last, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        using var command = new NpgsqlCommand(
            """
            SELECT count(*) FILTER (WHERE done)::int, coalesce(bool_or(done AND shard = $2), false), clock_timestamp()
            FROM xllora.shards WHERE run = $1 AND shard >= 0
            """, connection)
        {
            Parameters = { new() { Value = run }, new() { Value = last } },
        };
        using var row = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        await row.ReadAsync(token).ConfigureAwait(false);
        return (row.GetInt32(0), row.GetBoolean(1), row.GetFieldValue<DateTimeOffset>(2));
    }, cancellationToken);

    /// <summary>Makes the rows, if nobody has.</summary>
    public Task CreateAsync(int shards, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            // whoever comes at the same time waits here
            using var look = Command(connection, "SELECT shards FROM xllora.runs WHERE run = $1 FOR UPDATE");
            var found = await look.ExecuteScalarAsync(token).ConfigureAwait(false);
            if (found is int there)
            {
                if (there != shards)
                    throw new InvalidDataException($"{database.Where} has {there} shards, and these options make {shards}.");
                return;
            }
            using var rows = Command(connection, "INSERT INTO xllora.shards (run, shard) SELECT $1, generate_series($2, $3 - 1)");
            rows.Parameters.Add(new() { Value = Outputs });
            rows.Parameters.Add(new() { Value = shards });
            await rows.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            using var note = Command(connection, "UPDATE xllora.runs SET shards = $2 WHERE run = $1");
            note.Parameters.Add(new() { Value = shards });
            await note.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            // until the server knows how many there are, it sorts all of them for each claim; whoever does not own the table is told that it
            // was passed over
            using var count = new NpgsqlCommand("ANALYZE xllora.shards", connection);
            await count.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
    }, cancellationToken);

    /// <summary>Claims the first that is free.</summary>
    /// <param name="held">What the owner has; a claim of it that it has not heard of is free for it in the end, too.</param>
    public Task<int?> ClaimAsync(Guid owner, TimeSpan timeout, int from, int to, SynthesisShard? part, int[] held,
        CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        // once, which a subquery is not promised to be: run again for each row of a join, it claims another shard each time
        using var command = Command(connection,
            """
            WITH free AS MATERIALIZED (
              SELECT shard FROM xllora.shards WHERE run = $1 AND shard BETWEEN $4 AND $5 AND NOT done AND shard % $6 = $7
                AND (owner IS NULL OR expires < clock_timestamp()) AND shard <> ALL ($8)
              ORDER BY shard LIMIT 1 FOR UPDATE SKIP LOCKED)
            UPDATE xllora.shards s SET owner = $2, expires = clock_timestamp() + $3 FROM free
            WHERE s.run = $1 AND s.shard = free.shard RETURNING s.shard
            """);
        foreach (var value in (object[])[owner, timeout, from, to, part?.Count ?? 1, part?.Index ?? 0, held])
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(token).ConfigureAwait(false) as int?;
    }, cancellationToken);

    /// <returns>Those that the owner still has.</returns>
    public Task<IReadOnlyList<int>> RenewAsync(Guid owner, TimeSpan timeout, int[] held, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
    {
        using var command = Command(connection,
            """
            WITH seen AS (UPDATE xllora.workers SET seen = clock_timestamp() WHERE run = $1 AND id = $2)
            UPDATE xllora.shards SET expires = clock_timestamp() + $3 WHERE run = $1 AND owner = $2 AND shard = ANY ($4) RETURNING shard
            """);
        foreach (var value in (object[])[owner, timeout, held])
            command.Parameters.Add(new() { Value = value });
        var shards = new List<int>();
        using var rows = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        while (await rows.ReadAsync(token).ConfigureAwait(false))
            shards.Add(rows.GetInt32(0));
        return (IReadOnlyList<int>)shards;
    }, cancellationToken);

    /// <returns>Whether the owner had it.</returns>
    public Task<bool> FinishAsync(Guid owner, int shard, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
    {
        // an owner that finished it and did not hear of it finds itself there
        using var command = Command(connection,
            """
            WITH finished AS (
              UPDATE xllora.shards SET done = true, expires = NULL, tx = coalesce(tx, pg_current_xact_id())
              WHERE run = $1 AND owner = $2 AND shard = $3 RETURNING shard)
            SELECT pg_notify($4, '') FROM finished
            """);
        foreach (var value in (object[])[owner, shard, Channel])
            command.Parameters.Add(new() { Value = value });
        using var rows = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        return rows.HasRows;
    }, cancellationToken);

    /// <summary>Gives back all that the owner has not finished.</summary>
    public Task ReleaseAsync(Guid owner, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        using var command = Command(connection,
            """
            WITH freed AS (
                UPDATE xllora.shards SET owner = NULL, expires = NULL WHERE run = $1 AND owner = $2 AND NOT done RETURNING shard),
              ended AS (UPDATE xllora.workers SET ended = true WHERE run = $1 AND id = $2)
            SELECT pg_notify($3, '') FROM freed LIMIT 1
            """);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = Channel });
        await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
    }, cancellationToken);

    /// <summary>What has been finished since, in one look.</summary>
    /// <param name="reopened">How often shards were reopened at the look before.</param>
    /// <param name="from">What transactions from this one on have finished; all, where shards were reopened since.</param>
    /// <returns>How often they are reopened now, the oldest transaction that runs, and the shards.</returns>
    public Task<(int Reopened, ulong Oldest, int[] Done)> DoneAsync(int reopened, ulong from, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
    {
        using var command = Command(connection,
            """
            SELECT r.reopened, pg_snapshot_xmin(pg_current_snapshot()), ARRAY(SELECT shard FROM xllora.shards s
              WHERE s.run = r.run AND done AND shard >= 0 AND (r.reopened <> $2 OR tx >= $3))
            FROM xllora.runs r WHERE r.run = $1
            """);
        command.Parameters.Add(new() { Value = reopened });
        command.Parameters.Add(new() { Value = from, NpgsqlDbType = NpgsqlDbType.Xid8 });
        using var row = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
        return await row.ReadAsync(token).ConfigureAwait(false)
            ? (row.GetInt32(0), row.GetFieldValue<ulong>(1), row.GetFieldValue<int[]>(2))
            : throw new InvalidDataException(
                $"{database.Where} is no longer in the table of runs; somebody has deleted it. Begin it anew.");
    }, cancellationToken);

    /// <summary>Nothing is finished any more.</summary>
    public Task ReopenAsync(CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        using var command = Command(connection,
            """
            WITH counted AS (UPDATE xllora.runs SET reopened = reopened + 1, outputs_written = NULL WHERE run = $1)
            UPDATE xllora.shards SET done = false, owner = NULL, expires = NULL, tx = NULL WHERE run = $1 AND done
            """);
        await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
    }, cancellationToken);

    /// <summary>$1 is the run.</summary>
    private NpgsqlCommand Command(NpgsqlConnection connection, string sql) =>
        new(sql, connection) { Parameters = { new() { Value = run } } };
}
