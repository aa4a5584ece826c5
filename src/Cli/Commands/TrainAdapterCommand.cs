using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train adapter</c></summary>
internal static class TrainAdapterCommand
{
    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "Hugging Face checkpoint folder of a Gemma 2, Gemma 3 or Llama with a chat template. Its weights stay as they are.",
        HelpName = "HF_DIR",
        Required = true,
    };

    private static readonly Option<string> Data = new("--data", "-d")
    {
        Description = "Rows of sent0 and sent1 (--side positive) or hard_neg (--side negative); for adapters of a language, of inputs and "
            + "targets or of prompt and completion: CSV, TSV, JSON, Parquet, or a folder of them.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "The PEFT folder to write. It appears under this name when it is complete; interrupted, the same command continues "
            + "in DIR.partial.",
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
        var choices = new AdapterTrainingChoices();
        var run = new TrainingRunOptions(AdapterTrainingOptions.TrainingDefaults);
        var command = new Command("adapter", "Train a LoRA adapter as those of XL-LoRA were, and write it as a PEFT folder.")
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
                var plan = await AdapterTrainer.PlanAsync(parse.GetRequiredValue(Model), parse.GetRequiredValue(Data), choices.Read(parse),
                    run.Read(parse), cancellationToken).ConfigureAwait(false);
                return TrainingPlanView.Show(plan, parse.GetValue(Json));
            }
            using var display = new TrainingProgressDisplay();
            var report = await AdapterTrainer.TrainAsync(parse.GetRequiredValue(Model), parse.GetRequiredValue(Data),
                parse.GetRequiredValue(Output), choices.Read(parse), run.Read(parse), display, cancellationToken).ConfigureAwait(false);
            display.Dispose();
            if (parse.GetValue(Json))
                JsonOutput.Write(report);
            else
                AdapterTrainingView.Write(report);
            return ExitCodes.Succeeded;
        });
        return command;
    }
}
