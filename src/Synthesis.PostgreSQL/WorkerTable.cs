using Npgsql;
using NpgsqlTypes;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Those who work on a run, noted for those who look at it.</summary>
/// <param name="process">One of its own for each <see cref="PostgreSqlRun"/>.</param>
internal sealed class WorkerTable(Database database, Guid process)
{
    /// <param name="run">Its number.</param>
    /// <param name="id">Who writes answers, or owns shards.</param>
    /// <param name="timeout">Of its claims; null where it makes none.</param>
    public Task AddAsync(int run, Guid id, TimeSpan? timeout, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            using var command = new NpgsqlCommand(
                """
                INSERT INTO xllora.workers (run, id, process, host, task, timeout) VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (run, id) DO NOTHING
                """, connection)
            {
                Parameters =
                {
                    new() { Value = run }, new() { Value = id }, new() { Value = process }, new() { Value = Environment.MachineName },
                    new() { Value = (object?)SchedulerTask.Name() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = (object?)timeout ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval },
                },
            };
            await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        }, cancellationToken);

    /// <summary>All of a run, in the order in which they came.</summary>
    public static Task<IReadOnlyList<Worker>> ListAsync(Database database, int run, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            // one that has not come so far as to claim anything has no timeout yet
            using var command = new NpgsqlCommand(
                """
                SELECT array_agg(w.id), min(w.host), min(w.task), coalesce(bool_and(w.ended) FILTER (WHERE w.timeout IS NOT NULL), false),
                  greatest(clock_timestamp() - max(w.seen), interval '0'), coalesce(max(w.timeout), interval '1 minute'),
                  coalesce(sum(s.held), 0)::int, coalesce(max(s.expires) < clock_timestamp(), false)
                FROM xllora.workers w LEFT JOIN (
                  SELECT owner, count(*) AS held, max(expires) AS expires FROM xllora.shards WHERE run = $1 AND NOT done GROUP BY owner) s
                  ON s.owner = w.id
                WHERE w.run = $1 GROUP BY w.process ORDER BY min(w.began), w.process
                """, connection)
            {
                Parameters = { new() { Value = run } },
            };
            var workers = new List<Worker>();
            using var rows = await command.ExecuteReaderAsync(token).ConfigureAwait(false);
            while (await rows.ReadAsync(token).ConfigureAwait(false))
                workers.Add(new Worker(rows.GetFieldValue<Guid[]>(0), rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetString(2),
                    rows.GetBoolean(3), rows.GetTimeSpan(4), rows.GetTimeSpan(5), rows.GetInt32(6), rows.GetBoolean(7)));
            return (IReadOnlyList<Worker>)workers;
        }, cancellationToken);
}
