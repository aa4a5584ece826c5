using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Transactions of the server.</summary>
internal static class Transactions
{
    /// <summary>The oldest that runs; all before it have ended.</summary>
    public static Task<ulong> OldestAsync(Database database, CancellationToken cancellationToken) =>
        database.RunAsync(async (connection, token) =>
        {
            using var command = new NpgsqlCommand("SELECT pg_snapshot_xmin(pg_current_snapshot())", connection);
            return (ulong)(await command.ExecuteScalarAsync(token).ConfigureAwait(false))!;
        }, cancellationToken);
}
