using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx synthesize</c></summary>
internal sealed class SynthesizeCommand
{
    private readonly Option<bool> _demo = new("--demo")
    {
        Description = "Use the demonstration model and its 600 anchors in ten languages, and count how many triplets are right.",
    };

    private readonly Option<string?> _model = new("--model", "-m") { Description = "An exported model folder.", HelpName = "MODEL" };

    private readonly Option<string?> _input = new("--input", "-i")
    {
        Description = "Anchors: CSV or TSV with a sent0 column, JSONL with a sent0 field, or text with one anchor a line; UTF-8.",
        HelpName = "FILE",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Run folder; or a .csv file for the triplets, beside which the run folder lies as FILE.run. The same command "
            + "continues a run that was interrupted, and several processes may run it at a time.",
        HelpName = "RUN",
        DefaultValueFactory = _ => "triplets.csv",
    };

    private readonly Option<long?> _limit = new("--limit") { Description = "Only the first N anchors.", HelpName = "N" };

    private readonly Option<bool> _dedupe = new("--dedupe")
    {
        Description = "Leave out anchors that came before; otherwise each is a row.",
    };

    private readonly Option<bool> _rejectNearDuplicates = new("--reject-near-duplicates")
    {
        Description = "Reject a row if an earlier one has nearly the same answer. Otherwise they are counted.",
    };

    private readonly Option<int?> _maxOccurrences = new("--max-occurrences")
    {
        Description = "Reject a row if so many earlier ones have its answer.",
        HelpName = "N",
    };

    private readonly Option<string?> _judge = new("--judge-embedding")
    {
        Description = "An exported encoder folder: marks triplets whose hard_neg is closer to the anchor than sent1.",
        HelpName = "MODEL",
    };

    private readonly Option<bool> _rejectJudged = new("--reject-judged") { Description = "Reject what --judge-embedding marks." };

    private readonly Option<string?> _shard = new("--shard")
    {
        Description = "Take only this part of the rows, such as 3/16 for the fourth of 16. Default: share all rows with whoever else runs "
            + "this.",
        HelpName = "I/N",
    };

    private readonly Option<double> _leaseTimeout = new("--lease-timeout")
    {
        Description = "Seconds without a sign of life after which the rows of a process on another machine are taken over.",
        HelpName = "S",
        DefaultValueFactory = _ => 30,
    };

    private readonly Option<string?> _license = new("--license")
    {
        Description = "Licence of the data, for its card (an identifier of the Hugging Face hub, such as cc-by-4.0). Nothing is assumed.",
        HelpName = "ID",
    };

    private readonly Option<int> _batchSize = new("--batch-size")
    {
        Description = "Rows that run together on ONNX Runtime GenAI, 1 to 32.",
        HelpName = "N",
        DefaultValueFactory = _ => new XlLoraModelOptions().BatchSize,
    };

    private readonly Option<bool> _noCanary = new("--no-canary") { Description = "Mount adapters also when they change nothing." };

    private readonly SynthesisChoices _choices = new();
    private readonly EngineOptions _engine = new();

    private SynthesizeCommand()
    {
        const string Description = "Anchors to triplets: a sentence that follows from each anchor, and one that contradicts it.";
        Command = new Command("synthesize", Description)
        {
            _demo, _model, _input, _output, _limit, _dedupe, _rejectNearDuplicates, _maxOccurrences, _judge, _rejectJudged, _shard,
            _leaseTimeout, _license, _batchSize, _noCanary,
        };
        _choices.AddTo(Command);
        _engine.AddTo(Command);
        Command.SetGuardedAction(RunAsync);
    }

    public Command Command { get; }

    public static Command Create() => new SynthesizeCommand().Command;

    /// <summary>The job that a run folder's recorded command describes, with its model loaded.</summary>
    /// <param name="engine">What is said now of engine and devices.</param>
    public static async Task<LoadedJob> LoadRecordedAsync(
        string folder, string? model, string? input, ParseResult now, EngineOptions engine, CancellationToken cancellationToken)
    {
        var (arguments, workingFolder) = RunVerifier.CommandOf(folder) ?? throw new InvalidDataException(
            $"The run in {folder} was not begun by a command, so its options are not known here; use SynthesisJob from .NET.");
        var full = Path.GetFullPath(folder);
        (model, input) = (model is null ? null : Path.GetFullPath(model), input is null ? null : Path.GetFullPath(input));
        // paths of the command are relative to where it was given
        if (Directory.Exists(workingFolder))
            Directory.SetCurrentDirectory(workingFolder);
        var recorded = new SynthesizeCommand();
        var parse = recorded.Command.Parse([.. arguments.Skip(1)]);
        if (parse.Errors.Count > 0)
            throw new InvalidDataException($"The command that {folder} was begun with is not understood: {parse.Errors[0].Message}");
        return await recorded.LoadAsync(parse, model, input, full, options => engine.Apply(now, options), cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        using var interruptions = new Interruptions(cancellationToken);
        using var loaded = await LoadAsync(
            parse, model: null, input: null, folder: null, options => _engine.Apply(parse, options), interruptions.Abandon)
                .ConfigureAwait(false);
        var job = loaded.Job with { Finish = interruptions.Finish, Command = Arguments(parse) };
        using var display = new SynthesisProgressDisplay(loaded.Model);
        var report = await SynthesisJob.RunAsync(loaded.Model, job, display, display, interruptions.Abandon).ConfigureAwait(false);
        display.Close();
        SynthesisReportView.Write(report);
        return report.Quarantined > 0 ? ExitCodes.Quarantined : ExitCodes.Succeeded;
    }

    private static string[] Arguments(ParseResult parse) => [.. parse.Tokens.Select(t => t.Value)];

    private async Task<LoadedJob> LoadAsync(ParseResult parse, string? model, string? input, string? folder,
        Func<XlLoraModelOptions, XlLoraModelOptions> apply, CancellationToken cancellationToken)
    {
        var demo = parse.GetValue(_demo);
        model ??= parse.GetValue(_model) ?? (demo ? DemoMaterial.ExportedModel(cancellationToken) : throw Missing(_model));
        input ??= parse.GetValue(_input) ?? (demo ? DemoMaterial.Anchors : throw Missing(_input));
        var loaded = new LoadedJob(XlLoraModel.Load(model,
            apply(new XlLoraModelOptions { BatchSize = parse.GetValue(_batchSize), Canary = !parse.GetValue(_noCanary) })));
        try
        {
            if (parse.GetValue(_judge) is { } judge)
                loaded.Judge = new XlLoraEmbeddingGenerator(judge);
            loaded.Job = new SynthesisJobOptions
            {
                Input = input,
                Output = Output(parse, folder),
                Synthesis = await _choices.ApplyAsync(parse, loaded.Model.DefaultSampling, greedy: demo, cancellationToken)
                    .ConfigureAwait(false),
                Limit = parse.GetValue(_limit),
                Dedupe = parse.GetValue(_dedupe),
                RejectNearDuplicates = parse.GetValue(_rejectNearDuplicates),
                MaxOccurrences = parse.GetValue(_maxOccurrences),
                Judge = loaded.Judge,
                RejectJudged = parse.GetValue(_rejectJudged),
                Shard = parse.GetValue(_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
                LeaseTimeout = TimeSpan.FromSeconds(parse.GetValue(_leaseTimeout)),
                License = parse.GetValue(_license),
                Truth = demo ? await GroundTruth.ReadAsync(DemoMaterial.Truth, cancellationToken).ConfigureAwait(false) : null,
            };
            return loaded;
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>As it was given, unless the folder has been moved since.</summary>
    private string Output(ParseResult parse, string? folder)
    {
        var output = parse.GetRequiredValue(_output);
        return folder is null || Path.GetFullPath(Path.ChangeExtension(output, ".run")) == folder ? output : folder;
    }

    private static ArgumentException Missing(Option option) =>
        new($"{option.Name} is missing. Give --model and --input, or --demo to try it on the demonstration model.");
}

/// <summary>A job and the models that it needs.</summary>
internal sealed class LoadedJob(XlLoraModel model) : IDisposable
{
    public XlLoraModel Model => model;

    public XlLoraEmbeddingGenerator? Judge { get; set; }

    public SynthesisJobOptions Job { get; set; } = null!;

    public void Dispose()
    {
        Judge?.Dispose();
        model.Dispose();
    }
}
