using System.CommandLine;
using System.Globalization;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx bench</c></summary>
internal static class BenchCommand
{
    private static readonly GenerationBenchmarkOptions Defaults = new();

    private static readonly Option<string> Model = new("--model", "-m")
    {
        Description = "An exported model folder.",
        HelpName = "MODEL",
        Required = true,
    };

    private static readonly Option<string?> BatchSizes = new("--batch-sizes")
    {
        Description = "Rows that are generated together. Default: 1,2,4,8,16,32, as far as the engine takes them.",
        HelpName = "N,…",
    };

    private static readonly Option<int> PromptTokens = Number("--prompt-tokens", "Tokens of each prompt.", Defaults.PromptTokens);
    private static readonly Option<int> NewTokens = Number("--new-tokens", "Tokens of each answer.", Defaults.NewTokens);
    private static readonly Option<int> SharedTokens =
        Number("--shared-tokens", "Tokens at the beginning that all prompts share.", Defaults.SharedTokens);
    private static readonly Option<int> Runs = Number("--runs", "How often each case is measured; the median counts.", Defaults.Runs);

    private static readonly Option<string?> Adapters = new("--adapters")
    {
        Description = "One adapter, or two to be mixed as well; 'none' for none. Default: the first two of the folder.",
        HelpName = "NAME,…",
    };

    private static readonly Option<string?> Output = new("--output", "-o")
    {
        Description = "Folder for bench.json, and bench.svg with tokens/s over the batch size. Default: none is written.",
        HelpName = "DIR",
    };

    private static readonly Option<bool> Roofline = new("--roofline")
    {
        Description = "Also measure what memory and arithmetic of this machine allow at most, and state each speed as a share of it.",
    };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of a table." };

    private static readonly Option<bool> NoCanary = new("--no-canary") { Description = "Mount adapters also when they change nothing." };

    public static Command Create()
    {
        const string Description = "Measure this machine: tokens a second and memory for each batch size, and what adapters cost.";
        var engine = new EngineOptions();
        var command = new Command("bench", Description)
        {
            Model, BatchSizes, PromptTokens, NewTokens, SharedTokens, Runs, Adapters, Roofline, Output, Json, NoCanary,
        };
        engine.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) => RunAsync(parse, engine, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, EngineOptions engine, CancellationToken cancellationToken)
    {
        var options = Defaults with
        {
            BatchSizes = parse.GetValue(BatchSizes) is { } sizes ? Sizes(sizes) : null,
            PromptTokens = parse.GetValue(PromptTokens),
            NewTokens = parse.GetValue(NewTokens),
            SharedTokens = parse.GetValue(SharedTokens),
            Runs = parse.GetValue(Runs),
            Adapters = parse.GetValue(Adapters) is { } names ? Names(names) : null,
            Roofline = parse.GetValue(Roofline),
        };
        using var model = XlLoraModel.Load(parse.GetRequiredValue(Model), engine.Apply(parse, new XlLoraModelOptions
        {
            Canary = !parse.GetValue(NoCanary),
            Slots = options.BatchSizes?.Max(),
        }));
        var report = await BenchProgressDisplay.RunAsync(
            progress => GenerationBenchmark.RunAsync(model, options, progress, cancellationToken)).ConfigureAwait(false);
        var files = parse.GetValue(Output) is { } folder ? GenerationBenchmark.Write(report, folder) : [];
        if (parse.GetValue(Json))
            JsonOutput.Write(report);
        else
            BenchReportView.Write(report, files);
        return ExitCodes.Succeeded;
    }

    private static Option<int> Number(string name, string description, int value) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => value,
    };

    private static int[] Sizes(string text) => [.. text.Split(',').Select(size =>
        int.TryParse(size, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var rows)
            && rows >= 1
            ? rows
            : throw new ArgumentException($"--batch-sizes has '{size}'; expected numbers from 1, with commas between them."))];

    private static string[] Names(string text) => text == AdapterNames.None
        ? []
        : text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
