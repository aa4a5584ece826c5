using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>What a run is, in the table of runs, for those who only look at it.</summary>
internal static class RunFacts
{
    /// <summary>Writes it; of the processes of a run all have the same.</summary>
    /// <param name="run">Its number.</param>
    public static Task WriteAsync(Database database, int run, SharedRun facts, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            // a row that needs no change is not locked
            using var command = new NpgsqlCommand(facts.HasOutputs
                ? "UPDATE xllora.runs SET outputs_written = now() WHERE run = $1"
                : """
                  UPDATE xllora.runs SET anchors = $2, total_rows = $3, shard_rows = $4, samples = $5, sides = $6, max_attempts = $7
                  WHERE run = $1 AND total_rows IS NULL
                  """, connection)
            {
                Parameters = { new() { Value = run } },
            };
            if (!facts.HasOutputs)
            {
                var sides = facts.Sides.Select(s => (short)s).ToArray();
                foreach (var value in (object[])[facts.Anchors, facts.Rows, facts.ShardRows, facts.Samples, sides, facts.MaxAttempts])
                    command.Parameters.Add(new() { Value = value });
            }
            await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
        }, cancellationToken);

    /// <summary>The number of a run, and what it is.</summary>
    /// <exception cref="ArgumentException">There is no run of that name.</exception>
    /// <exception cref="InvalidDataException">It was begun by a version that did not write it.</exception>
    public static Task<(int Run, SharedRun Facts)> ReadAsync(Database database, string name, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            using var command = new NpgsqlCommand(
                """
                SELECT run, run_id, total_rows, anchors, shard_rows, samples, sides, max_attempts, outputs_written IS NOT NULL
                FROM xllora.runs WHERE name = $1
                """, connection)
            {
                Parameters = { new() { Value = name } },
            };
            using (var row = await command.ExecuteReaderAsync(token).ConfigureAwait(false))
            {
                if (await row.ReadAsync(token).ConfigureAwait(false))
                {
                    return !row.IsDBNull(2) ? (row.GetInt32(0), Facts(row)) : throw new InvalidDataException(
                        $"{database.Where} was begun by an older version of xllora-onnx, which did not note how many rows it has. A "
                        + "worker of this version notes it when it starts.");
                }
            }
            throw await UnknownAsync(database, connection, token).ConfigureAwait(false);
        }, cancellationToken);

    private static SharedRun Facts(NpgsqlDataReader row) => new()
    {
        RunId = row.GetString(1),
        Rows = row.GetInt64(2),
        Anchors = row.GetInt64(3),
        ShardRows = row.GetInt32(4),
        Samples = row.GetInt32(5),
        Sides = [.. row.GetFieldValue<short[]>(6).Select(s => (SynthesisSide)s)],
        MaxAttempts = row.GetInt32(7),
        HasOutputs = row.GetBoolean(8),
    };

    private static async Task<ArgumentException> UnknownAsync(Database database, NpgsqlConnection connection, CancellationToken token)
    {
        const int Shown = 20;
        using var command = new NpgsqlCommand(
            "SELECT coalesce(string_agg(name, ', ' ORDER BY created DESC), 'none') FROM (SELECT name, created FROM xllora.runs "
            + $"ORDER BY created DESC LIMIT {Shown}) r", connection);
        var names = (string)(await command.ExecuteScalarAsync(token).ConfigureAwait(false))!;
        return new ArgumentException($"{database.Where}: there is no run of that name. The newest are: {names}.");
    }
}
