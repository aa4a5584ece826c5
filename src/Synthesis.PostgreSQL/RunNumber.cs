using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>The number of a run in the tables.</summary>
internal static class RunNumber
{
    /// <param name="name">What people call it.</param>
    /// <param name="runId">What follows from its options; the first process decides it.</param>
    /// <exception cref="InvalidDataException">The run of that name was begun with other options.</exception>
    public static Task<int> OfAsync(Database database, string name, string runId, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            using var begin = new NpgsqlCommand(
                "INSERT INTO xllora.runs (name, run_id) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING", connection)
            {
                Parameters = { new() { Value = name }, new() { Value = runId } },
            };
            await begin.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            using var find = new NpgsqlCommand("SELECT run, run_id FROM xllora.runs WHERE name = $1", connection)
            {
                Parameters = { new() { Value = name } },
            };
            using var row = await find.ExecuteReaderAsync(token).ConfigureAwait(false);
            await row.ReadAsync(token).ConfigureAwait(false);
            return row.GetString(1) == runId ? row.GetInt32(0) : throw new InvalidDataException(
                $"{database.Where} was begun with another input, model, adapter or option (its id is {row.GetString(1)}, and these give "
                + $"{runId}). Use those of before, or another name. Nothing was changed.");
        }, cancellationToken);
}
