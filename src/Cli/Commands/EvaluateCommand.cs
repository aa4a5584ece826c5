using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx evaluate</c></summary>
internal static class EvaluateCommand
{
    private static readonly EmbedderOptions Embedder = new(required: false);
    private static readonly TranslationChoices Translation = new();

    private static readonly Option<string[]> Data = new("--data", "-d")
    {
        Description = "Files or folders, recognised by what is in them: sentence pairs with scores (CSV, TSV, JSON, JSONL; SemRel, " +
            "STS17, STS-B and KorSTS), retrieval (BEIR folder, JSON, MIRACL, Belebele, IndicQA). Of translation: " +
            "tables with translations and references, or references for --hypotheses (a FLORES folder, text files).",
        HelpName = "PATH",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<EvaluationTask> Task = new("--task", "-t")
    {
        Description = "What to measure; translations only if they are asked for, and without --model.",
        HelpName = "all|sts|retrieval|alignment|translation",
        DefaultValueFactory = _ => new EvaluationOptions().Task,
    };

    private static readonly Option<string?> Output = new("--output", "-o")
    {
        Description = "Folder for result files that the mteb package loads, and for the scores of each pair, query or segment.",
        HelpName = "DIR",
    };

    private static readonly Option<string?> ModelName = new("--model-name")
    {
        Description = "What results are filed under: ORG/MODEL. Default: the name of the folder.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> TaskName = new("--task-name")
    {
        Description = "MTEB task of the results. Default: from the layout and the names of file and folder.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Split = new("--split")
    {
        Description = "Split of the data. Default: from the file's name, or test.",
        HelpName = "NAME",
    };

    private static readonly Option<string?> Subset = new("--subset")
    {
        Description = "Subset of the task. Default: from the file's name, or default.",
        HelpName = "NAME",
    };

    private static readonly Option<string[]> Language = new("--language")
    {
        Description = "Language as MTEB writes it, such as hau-Latn. Default: from the subset.",
        HelpName = "CODE",
    };

    private static readonly Option<double?> AlignmentThreshold = new("--alignment-threshold")
    {
        Description = "Pairs with at least this score count for alignment. Default: those with the highest score.",
        HelpName = "X",
    };

    private static readonly Option<string?> Prompt = new("--prompt")
    {
        Description = "Written before every text; \"\" for nothing. Default: what MTEB would choose among the model's prompts.",
        HelpName = "TEXT",
    };

    private static readonly Option<string?> QueryPrompt = new("--query-prompt")
    {
        Description = "Written before queries; \"\" for nothing. Default: --prompt, or the model's query prompt.",
        HelpName = "TEXT",
    };

    private static readonly Option<string?> DocumentPrompt = new("--document-prompt")
    {
        Description = "Written before documents; \"\" for nothing. Default: --prompt, or the model's document prompt.",
        HelpName = "TEXT",
    };

    private static readonly Option<int> Bootstrap = new("--bootstrap")
    {
        Description = "Resamples behind each interval; 0 for no intervals.",
        HelpName = "N",
        DefaultValueFactory = _ => new EvaluationOptions().BootstrapSamples,
    };

    private static readonly Option<long> Seed = new("--seed")
    {
        Description = "Seed of the resampling; of translation: 12345.",
        HelpName = "N",
        DefaultValueFactory = _ => new EvaluationOptions().Seed,
    };

    private static readonly Option<string[]> Compare = new("--compare")
    {
        Description = "Instead of measuring: two folders of results; says by paired bootstrap whether B really differs from A.",
        HelpName = "DIR",
        Arity = new ArgumentArity(2, 2),
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string?> Svg = new("--svg") { Description = "Picture of the comparison.", HelpName = "FILE" };

    private static readonly Option<bool> Json = new("--json") { Description = "One JSON object instead of a table." };

    public static Command Create()
    {
        const string Description = "Measure sentence embeddings: similarity (STS), retrieval, alignment and uniformity, with " +
            "confidence intervals. Or translations: BLEU, chrF and chrF++.";
        var command = new Command("evaluate", Description)
        {
            Data, Task, Output, ModelName, TaskName, Split, Subset, Language, AlignmentThreshold, Prompt, QueryPrompt,
            DocumentPrompt, Bootstrap, Seed, Compare, Svg, Json,
        };
        Translation.AddTo(command);
        Embedder.AddTo(command);
        command.SetGuardedAction((parse, cancellationToken) => parse.GetValue(Compare) is [var a, var b]
            ? CompareAsync(parse, a, b, cancellationToken)
            : parse.GetValue(Task) == EvaluationTask.Translation
                ? MeasureTranslationsAsync(parse, cancellationToken)
                : MeasureAsync(parse, cancellationToken));
        return command;
    }

    private static async Task<int> MeasureAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(Svg) is not null)
            throw new ArgumentException("--svg draws a comparison; give --compare A B as well.");
        Translation.ThrowIfGiven(parse);
        if (parse.GetValue(Embedder.Model) is null)
            throw Missing(Embedder.Model);
        var paths = parse.GetValue(Data) is { Length: > 0 } given ? given : throw Missing(Data);
        var options = new EvaluationOptions
        {
            Task = parse.GetValue(Task),
            TaskName = parse.GetValue(TaskName),
            Split = parse.GetValue(Split),
            Subset = parse.GetValue(Subset),
            Languages = parse.GetValue(Language) ?? [],
            AlignmentThreshold = parse.GetValue(AlignmentThreshold),
            Prompt = parse.GetValue(Prompt),
            QueryPrompt = parse.GetValue(QueryPrompt),
            DocumentPrompt = parse.GetValue(DocumentPrompt),
            BootstrapSamples = parse.GetValue(Bootstrap),
            Seed = parse.GetValue(Seed),
        };
        using var embedder = Embedder.Load(parse, parse.GetValue(ModelName));
        using var generator = new XlLoraEmbeddingGenerator(embedder);
        var report = await EvaluationProgressDisplay.RunAsync(progress =>
            EmbeddingEvaluator.EvaluateAsync(generator, paths, options, progress, cancellationToken)).ConfigureAwait(false);
        var written = parse.GetValue(Output) is { } output ? EmbeddingEvaluator.Write(report, output) : null;
        if (parse.GetValue(Json))
            EvaluationView.WriteJson(report, written);
        else
            EvaluationView.Write(report, written);
        return report.Unreadable.Count > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
    }

    private static async Task<int> MeasureTranslationsAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        Option[] others = [Embedder.Model, AlignmentThreshold, Prompt, QueryPrompt, DocumentPrompt, Language, Svg];
        if (others.FirstOrDefault(o => parse.GetResult(o) is { Implicit: false }) is { } other)
            throw new ArgumentException(
                $"{other.Name} does not go with --task translation, which measures translations that are there already.");
        var paths = parse.GetValue(Data) is { Length: > 0 } given
            ? given
            : throw new ArgumentException("--data is missing. Give tables with translations, or references and --hypotheses.");
        var defaults = new TranslationOptions();
        var options = Translation.Apply(parse, defaults) with
        {
            SystemName = parse.GetValue(ModelName),
            TaskName = parse.GetValue(TaskName),
            Split = parse.GetValue(Split),
            Subset = parse.GetValue(Subset),
            BootstrapSamples = parse.GetValue(Bootstrap),
            Seed = SeedOr(parse, defaults.Seed),
        };
        var report = await TranslationEvaluator.EvaluateAsync(paths, Translation.Systems(parse), options, cancellationToken)
            .ConfigureAwait(false);
        var written = parse.GetValue(Output) is { } output ? TranslationEvaluator.Write(report, output) : null;
        if (parse.GetValue(Json))
            TranslationScoresView.WriteJson(report, written);
        else
            TranslationScoresView.Write(report, written);
        return report.Unreadable.Count > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
    }

    private static long SeedOr(ParseResult parse, long absent) =>
        parse.GetResult(Seed) is { Implicit: false } ? parse.GetValue(Seed) : absent;

    private static async Task<int> CompareAsync(ParseResult parse, string a, string b, CancellationToken cancellationToken)
    {
        if (parse.GetValue(Embedder.Model) is not null || parse.GetValue(Data) is { Length: > 0 } || parse.GetValue(Output) is not null)
            throw new ArgumentException("--compare reads results that were written before; it takes no --model, --data or --output.");
        var report = await EvaluationComparer.CompareAsync(a, b, seed: parse.GetValue(Seed), cancellationToken: cancellationToken)
            .ConfigureAwait(false);
        if (parse.GetValue(Svg) is { } svg)
            await File.WriteAllTextAsync(svg, report.ToSvg(), cancellationToken).ConfigureAwait(false);
        if (parse.GetValue(Json))
            JsonOutput.Write(report);
        else
            ComparisonView.Write(report, parse.GetValue(Svg));
        return ExitCodes.Succeeded;
    }

    private static ArgumentException Missing(Option option) =>
        new($"{option.Name} is missing. Give --model and --data to measure, or --compare A B.");
}
