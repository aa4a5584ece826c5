using System.CommandLine;
using XlLoraOnnx.Synthesis.PostgreSQL;

namespace XlLoraOnnx.Cli;

/// <summary>Options of every command that is a run over a file: which part of it, and how processes share it.</summary>
internal static class RunOptions
{
    public static Option<string?> Split() => new("--split")
    {
        Description = "Which split of an input folder that has several.",
        HelpName = "SPLIT",
    };

    public static Option<string?> Shard() => new("--shard")
    {
        Description = "Take only this part of the rows, such as 3/16 for the fourth of 16. Default: share all rows with whoever else runs "
            + "this.",
        HelpName = "I/N",
    };

    public static Option<string?> Database() => new("--run")
    {
        Description = "Share the rows through PostgreSQL instead of a common disk: postgres://USER@HOST/DATABASE?name=RUN. Each machine "
            + "has the model, and one at least the input, which it stores for the others; the password comes from PGPASSWORD or ~/.pgpass.",
        HelpName = "ADDRESS",
    };

    /// <summary>Is told that a database is waited for.</summary>
    public static IProgress<string> Waiting { get; } = new OnStandardError();

    /// <returns>Null without an address.</returns>
    /// <param name="cancellationToken">Of the first Ctrl+C: no row runs yet that could come to its end.</param>
    public static async Task<PostgreSqlRun?> OpenAsync(string? address, CancellationToken cancellationToken) => address is null ? null
        : await PostgreSqlRun.OpenAsync(PostgreSqlRunAddress.Parse(address), patience: null, Waiting, cancellationToken)
            .ConfigureAwait(false);

    /// <summary>The command line as it may be written down: no password is in it.</summary>
    public static string[] Arguments(ParseResult parse) => [.. parse.Tokens.Select(t => t.Value)
        .Select(value => PostgreSqlRunAddress.IsOne(value) ? PostgreSqlRunAddress.Parse(value).ToString() : value)];

    public static Option<double> LeaseTimeout() => new("--lease-timeout")
    {
        Description = "Seconds without a sign of life after which the rows of a process on another machine are taken over.",
        HelpName = "S",
        DefaultValueFactory = _ => 30,
    };

    /// <summary>On standard error; not <see cref="Progress{T}"/>, which may say it after the end.</summary>
    private sealed class OnStandardError : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine(value);
    }
}
