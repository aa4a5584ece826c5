using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx embed</c></summary>
internal static class EmbedCommand
{
    private const string Standard = "-";

    private static readonly Option<string> Input = new("--input", "-i")
    {
        Description = "Texts, known by their content: CSV, TSV or Parquet with a column, JSON lines or a JSON list with a field, "
            + "else a text a line; or a folder of such files, train-00000-of-00003.parquet and on taken together. '-' is standard input.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Standard,
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Vectors, one for each text in order: .npy, .safetensors, .jsonl or .csv; '-' is standard output (JSONL). "
            + "Written when complete; interrupted, the same command continues in FILE.partial.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Standard,
    };

    private static readonly Option<string?> Column = new("--column")
    {
        Description = "Column or field that holds the text. Default: text. Plain text has none.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Split = new("--split")
    {
        Description = "Which split of an input folder that has several.",
        HelpName = "SPLIT",
    };

    private static readonly Option<VectorFormat?> Format = new("--format")
    {
        Description = "How vectors are written: npy, safetensors, jsonlines, csv. Default: what the extension says.",
        HelpName = "FORMAT",
    };

    private static readonly Option<string?> Prompt = new("--prompt")
    {
        Description = "Written before every text; \"\" for nothing. Default: the model's default prompt, if it has one.",
        HelpName = "TEXT",
    };

    private static readonly Option<string?> PromptName = new("--prompt-name")
    {
        Description = "Name of one of the model's prompts, such as query or document, in place of --prompt.",
        HelpName = "NAME",
    };

    private static readonly Option<long?> Limit = new("--limit") { Description = "Only the first N texts.", HelpName = "N" };

    public static Command Create()
    {
        var (embedder, slurm) = (new EmbedderOptions(required: true), new SlurmOptions(shares: false));
        var command = new Command("embed", "Texts to vectors.")
        {
            Input, Output, Column, Split, Prompt, PromptName, Format, Limit,
        };
        embedder.AddTo(command);
        slurm.AddTo(command);
        command.SetGuardedAction(async (parse, cancellationToken) =>
        {
            var (input, output) = (parse.GetRequiredValue(Input), parse.GetRequiredValue(Output));
            if (slurm.IsAsked(parse) && (input == Standard || output == Standard))
                throw new ArgumentException("A job of Slurm has no standard input or output; give --input and --output a file each.");
            if (slurm.TryWrite(parse, parse.GetValue(embedder.Model), input))
                return ExitCodes.Succeeded;
            var options = new EmbeddingJobOptions
            {
                Format = parse.GetValue(Format),
                Limit = parse.GetValue(Limit),
            };
            var texts = InputNotices.Write(Dataset.Open(input, parse.GetValue(Split))).Texts(parse.GetValue(Column));
            using var model = embedder.Load(parse, prompt: parse.GetValue(Prompt), promptName: parse.GetValue(PromptName));
            using var display = new EmbeddingProgressDisplay();
            EmbeddingReport report;
            if (output == Standard)
            {
                using var standard = Console.OpenStandardOutput();
                report = await EmbeddingJob.RunAsync(model, texts, standard, options, display, cancellationToken).ConfigureAwait(false);
            }
            else
                report = await EmbeddingJob.RunAsync(model, texts, output, options, display, cancellationToken).ConfigureAwait(false);
            EmbeddingReportView.Write(report);
            return ExitCodes.Succeeded;
        });
        return command;
    }
}
