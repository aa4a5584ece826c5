using System.CommandLine;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx train encoder</c></summary>
internal static class TrainEncoderCommand
{
    /// <summary>SimCSE contrasts the rows of a batch: eight, the default of transformers, are too few.</summary>
    private const int BatchSize = 64;

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "Hugging Face checkpoint folder of a BERT, DistilBERT, RoBERTa, XLM-RoBERTa or ModernBERT.",
        HelpName = "HF_DIR",
        Required = true,
    };

    private static readonly Option<string> Data = new("--data", "-d")
    {
        Description = "Rows of an anchor, a positive and a hard negative (sent0, sent1, hard_neg); of an anchor and a positive; or of a "
            + "text alone: CSV, TSV, JSON lines, Parquet, plain text, a folder of them, or a run of synthesize.",
        HelpName = "FILE",
        Required = true,
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "The sentence-transformers folder to write. It appears under this name when it is complete; interrupted, the same "
            + "command continues in DIR.partial.",
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
        var choices = new EncoderTrainingChoices();
        var run = new TrainingRunOptions(new TrainingOptions { BatchSize = BatchSize });
        var command = new Command("encoder", "Train a sentence encoder (SimCSE), and write it as a sentence-transformers folder.")
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
                var plan = await EncoderTrainer.PlanAsync(parse.GetRequiredValue(Model), parse.GetRequiredValue(Data), choices.Read(parse),
                    run.Read(parse), cancellationToken).ConfigureAwait(false);
                return TrainingPlanView.Show(plan, parse.GetValue(Json));
            }
            using var display = new TrainingProgressDisplay();
            var report = await EncoderTrainer.TrainAsync(parse.GetRequiredValue(Model), parse.GetRequiredValue(Data),
                parse.GetRequiredValue(Output), choices.Read(parse), run.Read(parse), display, cancellationToken).ConfigureAwait(false);
            display.Dispose();
            if (parse.GetValue(Json))
                JsonOutput.Write(report);
            else
                EncoderTrainingView.Write(report);
            return ExitCodes.Succeeded;
        });
        return command;
    }
}
