using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train fusion</c></summary>
internal static class TrainFusionCommand
{
    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "Hugging Face checkpoint folder of an XLM-RoBERTa or RoBERTa. Its weights stay as they are.",
        HelpName = "HF_DIR",
        Required = true,
    };

    private static readonly Option<string> Data = new("--data", "-d")
    {
        Description = "Rows of the task with labels or answers, and their texts in the source language in columns FIELD_translated or "
            + "source_FIELD beside them: CSV, TSV, JSON, Parquet, or a folder of them.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "The PEFT folder to write, with flare_config.json. It appears under this name when it is complete; interrupted, the "
            + "same command continues in DIR.partial.",
        HelpName = "DIR",
        Required = true,
    };

    private static readonly Option<bool> Plan = new("--plan")
    {
        Description = "Say what it takes in memory and time, from its shapes and some first steps, and write nothing.",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of a summary." };

    public static Command Create()
    {
        var choices = new FusionTrainingChoices();
        var run = new TrainingRunOptions(FusionTrainingOptions.TrainingDefaults);
        var command = new Command("fusion", "Train an adapter that reads two languages at once, and its head (FLARE), or a plain one.")
        {
            Model, Data, Output,
        };
        choices.AddTo(command);
        run.AddTo(command);
        command.Add(Plan);
        command.Add(Json);
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            if (parse.GetValue(Plan))
            {
                var plan = await FusionTrainer.PlanAsync(parse.GetRequiredValue(Model), parse.GetRequiredValue(Data), choices.Read(parse),
                    run.Read(parse), cancellationToken).ConfigureAwait(false);
                return TrainingPlanView.Show(plan, parse.GetValue(Json));
            }
            using var display = new TrainingProgressDisplay();
            var report = await FusionTrainer.TrainAsync(parse.GetRequiredValue(Model), parse.GetRequiredValue(Data),
                parse.GetRequiredValue(Output), choices.Read(parse), run.Read(parse), display, cancellationToken).ConfigureAwait(false);
            display.Dispose();
            if (parse.GetValue(Json))
                JsonOutput.Write(report);
            else
                FusionTrainingView.Write(report);
            return ExitCodes.Succeeded;
        });
        return command;
    }
}
