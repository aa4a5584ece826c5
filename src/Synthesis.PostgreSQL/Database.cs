using System.Diagnostics;
using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Connections to the server; what fails because it is away for a while is done again.</summary>
internal sealed class Database : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5),
        WorthAWord = FirstPause * 8;

    private readonly PostgreSqlRunAddress _address;
    private readonly TimeSpan _patience;
    private readonly IProgress<string>? _waiting;

    private Database(PostgreSqlRunAddress address, TimeSpan patience, IProgress<string>? waiting) =>
        (_address, _patience, _waiting, Source) = (address, patience, waiting, NpgsqlDataSource.Create(address.Connection));

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
                    return await action(connection, cancellationToken).ConfigureAwait(false);
            }
            catch (NpgsqlException e) when (!e.IsTransient || Stopwatch.GetElapsedTime(started) + pause > _patience)
            {
                // the text of the server, and never the connection string
                throw new IOException(e is PostgresException refused
                    ? $"{Where}: the server says {refused.SqlState}: {refused.MessageText}.{Hint(refused.SqlState)}"
                    : $"{Where} cannot be reached: {e.Message}{(e.InnerException is { } inner ? $" ({inner.Message})" : "")}", e);
            }
            catch (NpgsqlException e)
            {
                // once: a connection that broke is there again before
                if (pause == WorthAWord)
                    _waiting?.Report($"{Where} cannot be reached; waiting for it, {_patience.TotalSeconds:0} s in all: {e.Message}");
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

    /// <summary>For messages.</summary>
    public string Where => $"The run {_address}";

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static string Hint(string state) => state switch
    {
        PostgresErrorCodes.DiskFull => " What was committed is kept; make room and start again.",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            " Passwords come from PGPASSWORD, PGPASSFILE or ~/.pgpass.",
        PostgresErrorCodes.InsufficientPrivilege => " The first user of a database needs CREATE on it, later ones USAGE of the "
            + "schema xllora and all privileges on its tables.",
        PostgresErrorCodes.InvalidCatalogName => " Create the database first (createdb).",
        _ => "",
    };
}
