using System.Globalization;
using System.Reflection;
using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>The tables, made by numbered scripts that are each run once; one process at a time.</summary>
/// <remarks>
/// A script adds, and takes nothing away that an older program writes or reads: a worker that runs while a newer one brings the tables up
/// to date goes on to its end. Only when it starts does a program look at the version.
/// </remarks>
internal static class DatabaseSchema
{
    /// <summary>Of the last script.</summary>
    public const int Version = 3;

    /// <summary>Under which lock tables are made: any number that nobody else uses.</summary>
    public const long Lock = 0x786C6C6F7261;

    /// <summary>Of the oldest tables that say who works.</summary>
    private const int OldestToLookAt = 2;

    /// <exception cref="NotSupportedException">They are of a newer version.</exception>
    public static Task UpdateAsync(Database database, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        if (await FoundAsync(connection, token).ConfigureAwait(false) is var found && found > Version)
            throw TooNew(database, found);
        if (found == Version)
            return;
        var transaction = await connection.BeginTransactionAsync(token).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await RunAsync(connection, $"SELECT pg_advisory_xact_lock({Lock.ToString(CultureInfo.InvariantCulture)})", token)
                .ConfigureAwait(false);
            // somebody else may have been first
            for (var next = await FoundAsync(connection, token).ConfigureAwait(false) + 1; next <= Version; next++)
            {
                if (next == 1)
                    await RunAsync(connection, "CREATE SCHEMA IF NOT EXISTS xllora; CREATE TABLE xllora.versions (version int PRIMARY KEY, "
                        + "made timestamptz NOT NULL DEFAULT now())", token).ConfigureAwait(false);
                await RunAsync(connection, Script(next), token).ConfigureAwait(false);
                await RunAsync(connection,
                    $"INSERT INTO xllora.versions (version) VALUES ({next.ToString(CultureInfo.InvariantCulture)})", token)
                    .ConfigureAwait(false);
            }
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }
    }, cancellationToken);

    /// <summary>Changes nothing, for those who may only read.</summary>
    /// <exception cref="InvalidDataException">There are no tables, or they do not say who works.</exception>
    /// <exception cref="NotSupportedException">They are of a newer version.</exception>
    public static Task CheckAsync(Database database, CancellationToken cancellationToken) => database.RunAsync(async (connection, token) =>
    {
        var found = await FoundAsync(connection, token).ConfigureAwait(false);
        if (found > Version)
            throw TooNew(database, found);
        if (found == 0)
            throw new InvalidDataException($"{database.Where}: the database has no runs; the first worker of one makes the tables.");
        if (found < OldestToLookAt)
            throw new InvalidDataException($"{database.Where} has tables of version {found}, which do not say who works; version "
                + $"{OldestToLookAt} does. A worker of this version of xllora-onnx brings them up to date when it starts.");
    }, cancellationToken);

    private static NotSupportedException TooNew(Database database, int found) => new(
        $"{database.Where} has tables of version {found}, and this program knows those up to {Version}. Use the version of xllora-onnx "
        + "that made them, or a newer one.");

    private static async Task<int> FoundAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // by a scan and not by to_regclass: that one's cache does not hear of what others made while this process waited for the lock
        using var exists = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = 'xllora' AND tablename = 'versions')", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
            return 0;
        using var version = new NpgsqlCommand("SELECT coalesce(max(version), 0) FROM xllora.versions", connection);
        return (int)(await version.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // an index over all answers, and the wait for whoever makes it, take as long as they take
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string Script(int version)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly()
            .GetManifestResourceStream($"Schema/{version.ToString(CultureInfo.InvariantCulture)}.sql")!);
        return reader.ReadToEnd();
    }
}
