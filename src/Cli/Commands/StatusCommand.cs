using System.CommandLine;
using XlLoraOnnx.Synthesis.PostgreSQL;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx status</c></summary>
internal static class StatusCommand
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var run = new Argument<string>("RUN")
        {
            Description = "A run folder of synthesize or translate, or the table beside it; of a run in PostgreSQL, also its address: "
                + "postgres://USER@HOST/DATABASE?name=RUN.",
        };
        var watch = new Option<bool>("--watch") { Description = "Look again and again, until the outputs are written." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output; with --watch, one a line." };
        var command = new Command("status", "How far a run is, and who works on it, from its folder or its database alone.")
        {
            run, watch, json,
        };
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            var (name, address) = NameOf(parse.GetRequiredValue(run));
            if (address is null)
            {
                using var folder = new RunStatusReader(name);
                return await ShowAsync(_ => Task.FromResult(folder.Read())).ConfigureAwait(false);
            }
            await using var shared = await PostgreSqlRunStatusReader.OpenAsync(
                address, patience: null, RunOptions.Waiting, cancellationToken).ConfigureAwait(false);
            return await ShowAsync(shared.ReadAsync).ConfigureAwait(false);

            Task<int> ShowAsync(Func<CancellationToken, Task<RunStatus>> read) =>
                StatusCommand.ShowAsync(read, name, parse.GetValue(json), parse.GetValue(watch), cancellationToken);
        });
        return command;
    }

    /// <summary>What the user called the run, without a password, and its address where its answers are in a database.</summary>
    private static (string Name, PostgreSqlRunAddress? Address) NameOf(string run)
    {
        if (PostgreSqlRunAddress.IsOne(run))
        {
            var address = PostgreSqlRunAddress.Parse(run);
            return (address.ToString(), address);
        }
        return (run, RunStatusReader.BackendOf(run) is { } place ? PostgreSqlRunAddress.Parse(place) : null);
    }

    /// <param name="run">As it is called.</param>
    private static async Task<int> ShowAsync(Func<CancellationToken, Task<RunStatus>> read, string run, bool asJson, bool watches,
        CancellationToken cancellationToken)
    {
        var lines = 0;
        while (true)
        {
            var status = await read(cancellationToken).ConfigureAwait(false);
            lines = RunStatusView.Write(status, run, asJson, watches, lines);
            if (!watches || status.IsComplete)
                return ExitCodes.Succeeded;
            var interval = Console.IsOutputRedirected ? PlainInterval : TerminalInterval;
            await Task.Delay(interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
                return ExitCodes.Interrupted;
        }
    }
}
