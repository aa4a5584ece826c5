using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Connections to the server; what fails because it is away for a while is done again.</summary>
internal sealed class Database : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5),
        WorthAWord = FirstPause * 8, Look = TimeSpan.FromSeconds(0.5);

    private readonly PostgreSqlRunAddress _address;
    private readonly TimeSpan _patience;
    private readonly IProgress<string>? _waiting;

    /// <summary>Who gives up tidies up afterwards, and is not to wait for each step of it again.</summary>
    private volatile bool _hasGivenUp;

    private Database(PostgreSqlRunAddress address, TimeSpan patience, IProgress<string>? waiting) =>
        (_address, _patience, _waiting, Source) = (address, patience, waiting, Connect(address));

    public NpgsqlDataSource Source { get; }

    /// <param name="patience">How long it may be away, now and later; null for two minutes.</param>
    /// <param name="waiting">Told when it is waited for; null for nobody.</param>
    /// <param name="check">What is done with its tables first.</param>
    /// <exception cref="IOException">The server is away for too long, or refuses.</exception>
    public static async Task<Database> OpenAsync(PostgreSqlRunAddress address, TimeSpan? patience, IProgress<string>? waiting,
        Func<Database, CancellationToken, Task> check, CancellationToken cancellationToken)
    {
        var database = new Database(address, patience ?? TimeSpan.FromMinutes(2), waiting);
        try
        {
            await check(database, cancellationToken).ConfigureAwait(false);
            return database;
        }
        catch
        {
            await database.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <param name="action">May be done several times, also after it has had its effect without anybody hearing of it.</param>
    /// <exception cref="IOException">The server is away for too long, or refuses.</exception>
    public async Task<T> RunAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                var connection = await Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    var result = await action(connection, cancellationToken).ConfigureAwait(false);
                    _hasGivenUp = false;
                    return result;
                }
            }
            catch (NpgsqlException e) when (!e.IsTransient || _hasGivenUp || Stopwatch.GetElapsedTime(started) + pause > _patience)
            {
                // the text of the server, and never the connection string
                _hasGivenUp = e.IsTransient;
                throw new IOException(
                    $"{Said(e)}.{Hint(e)}{(e.IsTransient ? " Then run the same command again: what was committed is kept." : "")}", e);
            }
            catch (NpgsqlException e)
            {
                // once: a connection that broke is there again before
                if (pause == WorthAWord)
                    _waiting?.Report($"{Said(e)}. Waiting for it, {_patience.TotalSeconds:0} s in all.{Hint(e)}");
                await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<NpgsqlConnection, CancellationToken, Task> action, CancellationToken cancellationToken) =>
        RunAsync(async (connection, token) =>
        {
            await action(connection, token).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <summary>Looks until something is there.</summary>
    /// <param name="what">For the message that it is not: what the run lacks.</param>
    /// <returns>Null where it was not there for as long as a server is waited for.</returns>
    public async Task<T?> UntilThereAsync<T>(Func<CancellationToken, Task<T?>> find, string what, CancellationToken cancellationToken)
        where T : class
    {
        var hasSaid = false;
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(Look, cancellationToken).ConfigureAwait(false))
        {
            if (await find(cancellationToken).ConfigureAwait(false) is { } found)
                return found;
            if (Stopwatch.GetElapsedTime(started) > _patience)
                return null;
            if (!hasSaid)
                _waiting?.Report($"{Where} {what}. Waiting for it, {_patience.TotalSeconds:0} s in all.");
            hasSaid = true;
        }
    }

    /// <summary>For messages.</summary>
    public string Where => $"The run {_address}";

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static NpgsqlDataSource Connect(PostgreSqlRunAddress address)
    {
        // what is committed here must be there after a crash, also where the server's own setting is another
        const string Durable =
            "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
        var builder = new NpgsqlDataSourceBuilder(address.Connection.ConnectionString);
        builder.UsePhysicalConnectionInitializer(
            connection =>
            {
                using var command = new NpgsqlCommand(Durable, connection);
                command.ExecuteNonQuery();
            },
            async connection =>
            {
                using var command = new NpgsqlCommand(Durable, connection);
                await command.ExecuteNonQueryAsync().ConfigureAwait(false);
            });
        return builder.Build();
    }

    private string Said(NpgsqlException e)
    {
        var said = e is PostgresException refused ? $"{Where}: the server says {refused.SqlState}: {refused.MessageText}"
            : $"{Where} cannot be reached: {e.Message}{(e.InnerException is { } inner ? $" ({inner.Message})" : "")}";
        return said.TrimEnd('.');
    }

    private static string Hint(NpgsqlException e) => (e as PostgresException)?.SqlState switch
    {
        null or PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            when e.IsTransient => " See that the server runs (its log says why not) and that this machine reaches it.",
        PostgresErrorCodes.TooManyConnections => $" Raise max_connections of the server: each worker takes up to "
            + $"{PostgreSqlRunAddress.Connections.ToString(CultureInfo.InvariantCulture)}.",
        PostgresErrorCodes.DiskFull => " Make room on the disk of the server.",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            " Passwords come from PGPASSWORD, PGPASSFILE or ~/.pgpass.",
        PostgresErrorCodes.InsufficientPrivilege => " The first user of a database needs CREATE on it, later ones USAGE of the "
            + "schema xllora and all privileges on its tables; for a newer version the first user brings the tables up to date.",
        PostgresErrorCodes.InvalidCatalogName => " Create the database first (createdb).",
        _ => "",
    };
}
