using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Web;
using Npgsql;

namespace XlLoraOnnx.Synthesis.PostgreSQL;

/// <summary>Which run of which database: <c>postgres://USER@HOST:PORT/DATABASE?name=RUN&amp;sslmode=verify-full</c>.</summary>
/// <remarks>
/// What it does not say comes from where libpq looks, too: PGPASSWORD, PGPASSFILE or <c>~/.pgpass</c>, PGUSER, PGSSLROOTCERT and their kin.
/// Its text has no password, so that it can be logged.
/// </remarks>
public sealed class PostgreSqlRunAddress
{
    /// <summary>Most that a process has open at a time.</summary>
    internal const int Connections = 8;

    private const int DefaultPort = 5432, Statements = 24, MostSeconds = 1024;
    private const string RunName = "name";

    /// <summary>Parameters of a URI as libpq has them, and those of Npgsql.</summary>
    private static readonly Dictionary<string, string> Parameters = new(StringComparer.Ordinal)
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["passfile"] = "Passfile",
        ["connect_timeout"] = "Timeout",
        ["application_name"] = "Application Name",
    };

    private static readonly string[] SslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

    private PostgreSqlRunAddress(string name, NpgsqlConnectionStringBuilder connection) => (Name, Connection) = (name, connection);

    /// <summary>What people call the run.</summary>
    public string Name { get; }

    internal NpgsqlConnectionStringBuilder Connection { get; }

    /// <summary>Whether a text is meant as such an address.</summary>
    public static bool IsOne([NotNullWhen(true)] string? text) => text is not null
        && (text.StartsWith("postgres:", StringComparison.Ordinal) || text.StartsWith("postgresql:", StringComparison.Ordinal));

    /// <summary>Reads an address.</summary>
    /// <exception cref="ArgumentException">It is none; the message does not repeat it, since it may hold a password.</exception>
    public static PostgreSqlRunAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!IsOne(text) || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0 || uri.AbsolutePath.Length < 2
            || uri.Port == 0)
            throw new ArgumentException("The address of a run in a database is postgres://USER@HOST:PORT/DATABASE?name=RUN. PORT is from 1 "
                + $"to 65535 ({DefaultPort} where it is left out); in a name or a password write %40 for @, %2F for /, %3A for :, %3F for ?, "
                + "%23 for #.");
        var connection = new NpgsqlConnectionStringBuilder
        {
            Host = uri.Host.Trim('[', ']'),
            Port = uri.Port < 0 ? DefaultPort : uri.Port,
            Database = Uri.UnescapeDataString(uri.AbsolutePath[1..]),
            MaxPoolSize = Connections,
            ApplicationName = "xllora-onnx",
            // the same few statements again and again, none of which changes its connection
            MaxAutoPrepare = Statements,
            NoResetOnClose = true,
            // a connection that a router has forgotten is found before the timeout of claims
            KeepAlive = 10,
        };
        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            connection.Username = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            connection.Password = Uri.UnescapeDataString(user[1]);
        return new PostgreSqlRunAddress(ReadParameters(uri, connection), connection);
    }

    /// <summary>Without password.</summary>
    public override string ToString() => new UriBuilder("postgres", Connection.Host!, Connection.Port, Connection.Database)
    {
        UserName = Uri.EscapeDataString(Connection.Username ?? ""),
        Query = $"{RunName}={Uri.EscapeDataString(Name)}",
    }.Uri.AbsoluteUri;

    private static string ReadParameters(Uri uri, NpgsqlConnectionStringBuilder connection)
    {
        var query = HttpUtility.ParseQueryString(uri.Query);
        foreach (var parameter in query.AllKeys.Where(k => k != RunName))
        {
            if (parameter is null || !Parameters.TryGetValue(parameter, out var known))
                throw new ArgumentException($"The address of the run has the parameter '{parameter}'; there are: {RunName}, "
                    + $"{string.Join(", ", Parameters.Keys)}.");
            if (query.GetValues(parameter) is not [var value])
                throw Twice(parameter);
            connection[known] = Checked(parameter, value);
        }
        if (query.GetValues(RunName) is { Length: > 1 })
            throw Twice(RunName);
        return query[RunName] is { Length: > 0 } name ? name
            : throw new ArgumentException($"The address of the run does not say which: add ?{RunName}=RUN.");
    }

    /// <summary>A value as Npgsql takes it.</summary>
    private static string Checked(string parameter, string value)
    {
        switch (parameter)
        {
            case "sslmode":
                // Npgsql writes verify-full as VerifyFull
                var mode = SslModes.Select(Plain).FirstOrDefault(m => m.Equals(Plain(value), StringComparison.OrdinalIgnoreCase));
                return mode ?? throw Refused($"there are: {string.Join(", ", SslModes)}");
            case "connect_timeout":
                return int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var s) && s <= MostSeconds ? value
                    : throw Refused(string.Create(CultureInfo.InvariantCulture, $"it is in seconds, 0 (no end) to {MostSeconds}"));
            case "application_name":
                return value;
            default:
                return File.Exists(value) ? value
                    : throw Refused("there is no such file; give the path of one");
        }

        static string Plain(string mode) => mode.Replace("-", "", StringComparison.Ordinal);

        ArgumentException Refused(string allowed) =>
            new($"In the address of the run, '{value}' is no value of {parameter}: {allowed}.");
    }

    private static ArgumentException Twice(string parameter) =>
        new($"The address of the run has the parameter {parameter} more than once; say it once.");
}
