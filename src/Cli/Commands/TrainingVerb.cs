using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>What every verb under <c>train</c> takes and does: a model, data and a folder to write; or a plan.</summary>
/// <param name="read">The options of what is trained.</param>
/// <param name="run">The options of the run.</param>
internal sealed class TrainingVerb<TOptions, TReport>(Func<ParseResult, TOptions> read, TrainingRunOptions run)
{
    public required string Model { get; init; }

    public required string Data { get; init; }

    /// <summary>What kind of folder is written.</summary>
    public required string Output { get; init; }

    public required Func<string, string, TOptions, TrainingOptions, CancellationToken, Task<TrainingPlan>> PlanAsync { get; init; }

    public required Training TrainAsync { get; init; }

    public required Action<TReport> Write { get; init; }

    /// <param name="addOptions">Adds those of what is trained.</param>
    public Command Create(string name, string description, Action<Command> addOptions)
    {
        var model = Required("--model", "-m", "HF_DIR", Model);
        var data = Required("--data", "-d", "FILE", Data);
        var output = Required("--output", "-o", "DIR", $"The {Output} to write. It appears under this name when it is complete; interrupted, "
            + "the same command continues in DIR.partial.");
        var plan = new Option<bool>("--plan")
        {
            Description = "Say what it takes in memory and time, from its shapes and some first steps, and write nothing.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object instead of a summary." };
        var slurm = new SlurmOptions(shares: false, usesGpus: false);
        var command = new Command(name, description) { model, data, output };
        addOptions(command);
        run.AddTo(command);
        command.Add(plan);
        command.Add(json);
        slurm.AddTo(command);
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            var (folder, path) = (parse.GetRequiredValue(model), parse.GetRequiredValue(data));
            if (slurm.TryWrite(parse, model: null, folder, path))
                return ExitCodes.Succeeded;
            if (parse.GetValue(plan))
                return TrainingPlanView.Show(
                    await PlanAsync(folder, path, read(parse), run.Read(parse), cancellationToken).ConfigureAwait(false), parse.GetValue(json));
            TReport report;
            using (var display = new TrainingProgressDisplay())
                report = await TrainAsync(folder, path, parse.GetRequiredValue(output), read(parse), run.Read(parse), display, cancellationToken)
                    .ConfigureAwait(false);
            if (parse.GetValue(json))
                JsonOutput.Write(report);
            else
                Write(report);
            return ExitCodes.Succeeded;
        });
        return command;
    }

    /// <summary>Trains on <paramref name="data"/> and writes <paramref name="output"/>.</summary>
    public delegate Task<TReport> Training(string model, string data, string output, TOptions options, TrainingOptions training,
        IProgress<TrainingProgress> progress, CancellationToken cancellationToken);

    private static Option<string> Required(string name, string alias, string value, string description) =>
        new(name, alias) { Description = description, HelpName = value, Required = true };
}
