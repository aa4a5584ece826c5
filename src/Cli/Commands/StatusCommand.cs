using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx status</c></summary>
internal static class StatusCommand
{
    private static readonly TimeSpan TerminalInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PlainInterval = TimeSpan.FromSeconds(10);

    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "A run folder of synthesize or translate, or the table beside it." };
        var watch = new Option<bool>("--watch") { Description = "Look again and again, until the outputs are written." };
        var json = new Option<bool>("--json") { Description = "One JSON object on standard output; with --watch, one a line." };
        var command = new Command("status", "How far a run is, and who works on it, from its folder alone.") { run, watch, json };
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            var (watches, asJson) = (parse.GetValue(watch), parse.GetValue(json));
            using var reader = new RunStatusReader(parse.GetRequiredValue(run));
            var lines = 0;
            while (true)
            {
                var status = reader.Read();
                lines = RunStatusView.Write(status, parse.GetRequiredValue(run), asJson, watches, lines);
                if (!watches || status.IsComplete)
                    return ExitCodes.Succeeded;
                var interval = Console.IsOutputRedirected ? PlainInterval : TerminalInterval;
                await Task.Delay(interval, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (cancellationToken.IsCancellationRequested)
                    return ExitCodes.Interrupted;
            }
        });
        return command;
    }
}
