using System.CommandLine;
using XlLoraOnnx.Runtime;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx synthesize</c></summary>
internal static class SynthesizeCommand
{
    private static readonly Option<bool> Demo = new("--demo")
    {
        Description = "Run on the demonstration model and its 600 anchors in ten languages; exported once into a cache folder. " +
            "Greedy, so that the numbers are everybody's.",
    };

    private static readonly Option<string?> Model = new("--model", "-m") { Description = "An exported model folder.", HelpName = "MODEL" };

    private static readonly Option<string?> Input = new("--input", "-i")
    {
        Description = "Anchors: CSV or TSV with a sent0 column, JSONL with a sent0 field, or text with one anchor a line; UTF-8.",
        HelpName = "FILE",
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "CSV of triplets (sent0,sent1,hard_neg), written when complete; until then rows are in FILE.partial.",
        HelpName = "FILE",
        DefaultValueFactory = _ => "triplets.csv",
    };

    private static readonly Option<string> Positive = new("--positive")
    {
        Description = "Adapter that writes sent1; 'none' for the base model.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "pos",
    };

    private static readonly Option<string> Negative = new("--negative")
    {
        Description = "Adapter that writes hard_neg; 'none' for the base model.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "neg",
    };

    private static readonly Option<string> Language = new("--language")
    {
        Description = "English name of the language of the answers.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "English",
    };

    private static readonly Option<string> Prompts = new("--prompts")
    {
        Description = $"Prompt set: {string.Join(" or ", SynthesisOptions.PromptSets)}.",
        HelpName = "SET",
        DefaultValueFactory = _ => new SynthesisOptions().PromptSet,
    };

    private static readonly Option<long?> Limit = new("--limit") { Description = "Only the first N anchors.", HelpName = "N" };

    private static readonly Option<long> Seed = new("--seed")
    {
        Description = "Seed of the sampling.",
        HelpName = "N",
        DefaultValueFactory = _ => new SamplingOptions().Seed,
    };

    private static readonly Option<int> BatchSize = new("--batch-size")
    {
        Description = "Rows that run together on ONNX Runtime GenAI, 1 to 32.",
        HelpName = "N",
        DefaultValueFactory = _ => new XlLoraModelOptions().BatchSize,
    };

    private static readonly Option<int> MaxNewTokens = new("--max-new-tokens")
    {
        Description = "Most tokens of one answer; a longer one is rejected.",
        HelpName = "N",
        DefaultValueFactory = _ => new SynthesisOptions().MaxNewTokens,
    };

    private static readonly Option<bool?> Greedy = new("--greedy")
    {
        Description = "Always the likeliest token, instead of sampling as generation_config.json says. Default with --demo.",
    };

    private static readonly Option<bool> NoCanary = new("--no-canary")
    {
        Description = "Mount adapters also when they change nothing.",
    };

    public static Command Create()
    {
        const string Description = "Anchors to triplets: a sentence that follows from each anchor, and one that contradicts it.";
        var command = new Command("synthesize", Description)
        {
            Demo, Model, Input, Output, Positive, Negative, Language, Prompts, Limit, Seed, BatchSize, MaxNewTokens, Greedy, NoCanary,
        };
        var engine = new EngineOptions();
        engine.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) => RunAsync(parse, engine, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, EngineOptions engine, CancellationToken cancellationToken)
    {
        var demo = parse.GetValue(Demo);
        var folder = parse.GetValue(Model) ?? (demo ? DemoMaterial.ExportedModel(cancellationToken) : throw Missing(Model));
        var input = parse.GetValue(Input) ?? (demo ? DemoMaterial.Anchors : throw Missing(Input));
        var truth = demo ? await GroundTruth.ReadAsync(DemoMaterial.Truth, cancellationToken).ConfigureAwait(false) : null;
        var modelOptions = new XlLoraModelOptions { BatchSize = parse.GetValue(BatchSize), Canary = !parse.GetValue(NoCanary) };
        using var model = XlLoraModel.Load(folder, engine.Apply(parse, modelOptions));
        var sampling = model.DefaultSampling with { Seed = parse.GetValue(Seed) };
        var options = new SynthesisOptions
        {
            Positive = AdapterNames.Parse(parse.GetValue(Positive)),
            Negative = AdapterNames.Parse(parse.GetValue(Negative)),
            Language = parse.GetRequiredValue(Language),
            PromptSet = parse.GetRequiredValue(Prompts),
            MaxNewTokens = parse.GetValue(MaxNewTokens),
            Sampling = parse.GetValue(Greedy) ?? demo ? SamplingOptions.Greedy : sampling,
        };
        var (output, limit) = (parse.GetRequiredValue(Output), parse.GetValue(Limit));
        var report = await SynthesisProgressDisplay.RunAsync(progress =>
            SynthesisJob.RunAsync(model, input, output, options, limit, truth, progress, cancellationToken)).ConfigureAwait(false);
        SynthesisReportView.Write(report);
        return ExitCodes.Succeeded;
    }

    private static ArgumentException Missing(Option option) =>
        new($"{option.Name} is missing. Give --model and --input, or --demo to try it on the demonstration model.");
}
