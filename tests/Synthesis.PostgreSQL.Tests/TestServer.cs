using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>A PostgreSQL of this process's own on loopback, in a temporary folder; Debian's package, which root gets if it is not
/// there.</summary>
internal static class TestServer
{
    /// <summary>Whose the server is, on the machine and in the database.</summary>
    public const string Account = "postgres";

    private const string Installation = "/usr/lib/postgresql";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private static readonly Lazy<Task<string>> Started = new(StartAsync);
    private static string? _folder, _binaries;

    public static int Port { get; } = FreePort();

    /// <summary>The address of a new run.</summary>
    /// <param name="port">Null for the server's own.</param>
    public static async Task<string> RunAsync(int? port = null, string database = "postgres")
    {
        await Started.Value;
        return string.Create(CultureInfo.InvariantCulture,
            $"postgres://{Account}@127.0.0.1:{port ?? Port}/{database}?name=run-{Guid.NewGuid():N}&sslmode=disable");
    }

    /// <summary>Stops the server as a crash would (it recovers from its log), and starts it again.</summary>
    public static async Task CrashAsync()
    {
        await ControlAsync("stop", "-m", "immediate");
        await ControlAsync("start", "-w", "-l", Path.Combine(_folder!, "log"), "-o", Options());
    }

    /// <summary>Again where workers hold locks in another order: whoever is chosen to give way has changed nothing.</summary>
    public static async Task ExecuteAsync(string sql, string database = "postgres")
    {
        for (; ; )
        {
            try
            {
                await AskAsync(sql, database);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DeadlockDetected)
            {
                Console.WriteLine($"{e.MessageText}; once more: {sql}");
            }
        }
    }

    /// <summary>The first value of the first row; null without rows.</summary>
    public static async Task<object?> AskAsync(string sql, string database = "postgres")
    {
        await using var source = await SourceAsync(database);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Connections to a database, none of which is kept.</summary>
    public static async Task<NpgsqlDataSource> SourceAsync(string database = "postgres")
    {
        await Started.Value;
        return NpgsqlDataSource.Create($"Host=127.0.0.1;Port={Port};Username={Account};Database={database};Pooling=false");
    }

    /// <summary>Asks until the answer is true, or a count above 0; tables that are not there yet are no answer.</summary>
    public static async Task UntilAsync(string sql, string database = "postgres")
    {
        for (var started = Stopwatch.GetTimestamp(); ; await Task.Delay(20))
        {
            try
            {
                if (await AskAsync(sql, database) is true or > 0L)
                    return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
            {
                // whoever is waited for makes them
            }
            Assert.IsLessThan(Limit, Stopwatch.GetElapsedTime(started), $"it was never so: {sql}");
        }
    }

    /// <summary>Ends it, if it was started; to be called when all tests have.</summary>
    public static async Task StopAsync()
    {
        if (_folder is null)
            return;
        await ControlAsync("stop", "-m", "immediate");
        await RunAsync("rm", "-rf", _folder);
    }

    private static async Task<string> StartAsync()
    {
        var package = new DebianPackage("postgresql");
        var failure = Find() is null && package is { Command: not null, Allowed: true } ? await package.GetAsync() : null;
        _binaries = Find();
        if (_binaries is null)
            Assert.Inconclusive($"There is no PostgreSQL under {Installation}"
                + $"{(failure is null ? "" : $", and installing it failed ({failure})")}. Install it: {package.Command ?? "13 or later"}");
        // initdb and postgres refuse root
        _folder = Path.Combine(Path.GetTempPath(), $"xllora-postgresql-{Guid.NewGuid():N}");
        await RunAsync(
            Path.Combine(_binaries, "initdb"), "-D", _folder, "-U", Account, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync");
        await ControlAsync("start", "-w", "-l", Path.Combine(_folder, "log"), "-o", Options());
        return _folder;
    }

    // what dies here are processes, and not the machine, so that nothing need be on the disk
    private static string Options() =>
        string.Create(CultureInfo.InvariantCulture, $"-p {Port} -k {_folder} -c listen_addresses=127.0.0.1 -c fsync=off");

    private static string? Find() => !Directory.Exists(Installation) ? null
        : Directory.GetDirectories(Installation).Select(d => Path.Combine(d, "bin"))
            .LastOrDefault(b => File.Exists(Path.Combine(b, "initdb")));

    private static Task ControlAsync(params string[] arguments) =>
        RunAsync(Path.Combine(_binaries!, "pg_ctl"), ["-D", _folder!, .. arguments]);

    /// <summary>Runs a program as the account that the server runs under.</summary>
    private static async Task RunAsync(string program, params string[] arguments)
    {
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", Account, "--", program, .. arguments])
            : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = Path.GetTempPath();
        var failure = await BoundedProcess.RunAsync(start, Limit);
        Assert.IsNull(failure, $"{program} {string.Join(' ', arguments)}: {failure}");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
