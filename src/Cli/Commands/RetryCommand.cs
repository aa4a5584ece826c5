using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx retry</c></summary>
internal static class RetryCommand
{
    public static Command Create()
    {
        var run = new Argument<string>("RUN") { Description = "A run folder of synthesize." };
        var only = new Option<string[]>("--only")
        {
            Description = "Reasons to try again: " + string.Join(", ", RejectionReasons.Names.Skip((int)RejectionReason.Failed)) + ".",
            HelpName = "REASON,…",
            Required = true,
        };
        var attempts = new Option<int>("--max-attempts")
        {
            Description = "Most new attempts for one row.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var model = new Option<string?>("--model", "-m") { Description = "The model folder, if it has been moved.", HelpName = "MODEL" };
        var input = new Option<string?>("--input", "-i") { Description = "The anchors, if they have been moved.", HelpName = "FILE" };
        var engine = new EngineOptions();
        var command = new Command("retry", "Make new attempts for the rows that a run rejected, and write its outputs again.")
        {
            run, only, attempts, model, input,
        };
        engine.AddTo(command);
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            RejectionReason[] reasons = [.. parse.GetRequiredValue(only)
                .SelectMany(r => r.Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(RejectionReasons.Parse)];
            using var interruptions = new Interruptions(cancellationToken);
            var given = new GivenAnew(parse.GetValue(model), parse.GetValue(input), options => engine.Apply(parse, options));
            using var loaded = await RecordedJobs.LoadAsync(parse.GetRequiredValue(run), given, interruptions.Abandon)
                .ConfigureAwait(false);
            using var display = new SynthesisProgressDisplay(loaded.Model, loaded.Translation is not null);
            if (loaded.Translation is { } texts)
            {
                var translated = await TranslationJob.RetryAsync(loaded.Model, texts with { Finish = interruptions.Finish }, reasons,
                    parse.GetValue(attempts), display, interruptions.Abandon).ConfigureAwait(false);
                display.Close();
                return TranslationJobReportView.Write(translated);
            }
            var job = loaded.Job with { Finish = interruptions.Finish };
            var report = await SynthesisJob.RetryAsync(
                loaded.Model, job, reasons, parse.GetValue(attempts), display, interruptions.Abandon).ConfigureAwait(false);
            display.Close();
            SynthesisReportView.Write(report);
            return report.Quarantined > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
        });
        return command;
    }
}
