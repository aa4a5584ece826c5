using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>evaluate</c>: those that several kinds of evaluation share, and those of each.</summary>
internal sealed class EvaluationChoices
{
    public EmbedderOptions Embedder { get; } = new(required: false);

    public TranslationChoices Translation { get; } = new();

    public PredictionChoices Predictions { get; } = new();

    public Option<string[]> Data { get; } = new("--data", "-d")
    {
        Description = "Files or folders, recognised by what is in them: sentence pairs with scores (CSV, TSV, JSON, JSONL; SemRel, " +
            "STS17, STS-B and KorSTS), retrieval (BEIR folder, JSON, MIRACL, Belebele, IndicQA). Of translation: " +
            "tables with translations and references, or references for --hypotheses (a FLORES folder, text files). Of xnli, nusax and " +
            "tydiqa: their rows, with predictions or for --predictions.",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<EvaluationTask> Task { get; } = new("--task", "-t")
    {
        Description = "What to measure; translations, and predictions of xnli, nusax and tydiqa, only if they are asked for, and " +
            "without --model.",
        HelpName = "all|sts|retrieval|alignment|translation|xnli|nusax|tydiqa",
        DefaultValueFactory = _ => new EvaluationOptions().Task,
    };

    public Option<string?> Output { get; } = new("--output", "-o")
    {
        Description = "Folder for result files that the mteb package loads, and for the scores of each pair, query, segment or example.",
        HelpName = "DIR",
    };

    public Option<string?> ModelName { get; } = new("--model-name")
    {
        Description = "What results are filed under: ORG/MODEL. Default: the name of the folder.",
        HelpName = "NAME",
    };

    public Option<string?> TaskName { get; } = new("--task-name")
    {
        Description = "MTEB task of the results. Default: from the layout and the names of file and folder.",
        HelpName = "NAME",
    };

    public Option<string?> Split { get; } = new("--split")
    {
        Description = "Split of the data. Default: from the file's name, or test.",
        HelpName = "NAME",
    };

    public Option<string?> Subset { get; } = new("--subset")
    {
        Description = "Subset of the task. Default: from the file's name, or default.",
        HelpName = "NAME",
    };

    public Option<string[]> Language { get; } = new("--language")
    {
        Description = "Language as MTEB writes it, such as hau-Latn. Default: from the subset.",
        HelpName = "CODE",
    };

    public Option<double?> AlignmentThreshold { get; } = new("--alignment-threshold")
    {
        Description = "Pairs with at least this score count for alignment. Default: those with the highest score.",
        HelpName = "X",
    };

    public Option<string?> Prompt { get; } = new("--prompt")
    {
        Description = "Written before every text; \"\" for nothing. Default: what MTEB would choose among the model's prompts.",
        HelpName = "TEXT",
    };

    public Option<string?> QueryPrompt { get; } = new("--query-prompt")
    {
        Description = "Written before queries; \"\" for nothing. Default: --prompt, or the model's query prompt.",
        HelpName = "TEXT",
    };

    public Option<string?> DocumentPrompt { get; } = new("--document-prompt")
    {
        Description = "Written before documents; \"\" for nothing. Default: --prompt, or the model's document prompt.",
        HelpName = "TEXT",
    };

    public Option<int> Bootstrap { get; } = new("--bootstrap")
    {
        Description = "Resamples behind each interval; 0 for no intervals.",
        HelpName = "N",
        DefaultValueFactory = _ => new EvaluationOptions().BootstrapSamples,
    };

    public Option<long> Seed { get; } = new("--seed")
    {
        Description = "Seed of the resampling; of translation: 12345.",
        HelpName = "N",
        DefaultValueFactory = _ => new EvaluationOptions().Seed,
    };

    public Option<string[]> Compare { get; } = new("--compare")
    {
        Description = "Instead of measuring: two folders of results; says by paired bootstrap whether B really differs from A.",
        HelpName = "DIR",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string?> Svg { get; } = new("--svg") { Description = "Picture of the comparison.", HelpName = "FILE" };

    public Option<bool> Json { get; } = new("--json") { Description = "One JSON object instead of a table." };

    /// <summary>Of embeddings alone.</summary>
    public IReadOnlyList<Option> OfEmbeddings => [Embedder.Model, AlignmentThreshold, Prompt, QueryPrompt, DocumentPrompt, Language];

    public void AddTo(Command command)
    {
        Option[] shared =
        [
            Data, Task, Output, ModelName, TaskName, Split, Subset, Language, AlignmentThreshold, Prompt, QueryPrompt, DocumentPrompt,
            Bootstrap, Seed, Compare, Svg, Json,
        ];
        foreach (var option in shared)
            command.Add(option);
        Translation.AddTo(command);
        Predictions.AddTo(command);
        Embedder.AddTo(command);
    }

    /// <exception cref="ArgumentException">One of the options is given that says nothing of this task.</exception>
    public static void ThrowIfGiven(ParseResult parse, IEnumerable<Option> options, string why)
    {
        if (options.FirstOrDefault(o => parse.GetResult(o) is { Implicit: false }) is { } given)
            throw new ArgumentException($"{given.Name} does not go with {why}.");
    }
}
