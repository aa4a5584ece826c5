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
        Description = "Anchors, known by their content: CSV, TSV or Parquet with a sent0 column, JSON lines or a JSON list with a sent0 "
            + "field, or text with one anchor a line; or a folder of such files, train-00000-of-00003.parquet and on taken together.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _split = RunOptions.Split();

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Run folder; or a .csv, .jsonl or .parquet file for the triplets, beside which the run folder lies as FILE.run. "
            + "The same command continues a run that was interrupted, and several processes may run it at a time.",
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

    private readonly Option<string?> _shard = RunOptions.Shard();

    private readonly Option<string?> _run = RunOptions.Database();

    private readonly Option<bool> _noOutputs = new("--no-outputs")
    {
        Description = "Generate only; another process of the run writes the outputs.",
    };

    private readonly Option<double> _leaseTimeout = RunOptions.LeaseTimeout();

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
    private readonly SlurmOptions _slurm = new();

    private SynthesizeCommand()
    {
        const string Description = "Anchors to triplets: a sentence that follows from each anchor, and one that contradicts it.";
        Command = new Command("synthesize", Description)
        {
            _demo, _model, _input, _split, _output, _limit, _dedupe, _rejectNearDuplicates, _maxOccurrences, _judge, _rejectJudged, _shard,
            _run, _noOutputs, _leaseTimeout, _license, _batchSize, _noCanary,
        };
        _choices.AddTo(Command);
        _engine.AddTo(Command);
        _slurm.AddTo(Command);
        Command.SetGuardedAction(RunAsync);
    }

    public Command Command { get; }

    public static Command Create() => new SynthesizeCommand().Command;

    /// <summary>The job of a run from before its options were recorded: of the command that began it, with its model loaded.</summary>
    /// <param name="arguments">Of that command.</param>
    /// <param name="workingFolder">That paths among them start from.</param>
    /// <param name="folder">Full path of the run folder.</param>
    /// <param name="given">What is said now instead.</param>
    public static async Task<LoadedJob> LoadOldAsync(IReadOnlyList<string> arguments, string workingFolder, string folder,
        GivenAnew given, CancellationToken cancellationToken)
    {
        var recorded = new SynthesizeCommand();
        var parse = recorded.Command.Parse([.. arguments.Skip(1)]);
        if (parse.Errors.Count > 0)
            throw new InvalidDataException($"The command that {folder} was begun with is not understood: {parse.Errors[0].Message}");
        var loaded = await recorded.LoadAsync(parse, given, workingFolder, cancellationToken).ConfigureAwait(false);
        var output = Path.GetFullPath(parse.GetRequiredValue(recorded._output), workingFolder);
        // the whole run, and where it is now
        loaded.Job = loaded.Job with { Shard = null, Output = Path.ChangeExtension(output, ".run") == folder ? output : folder };
        return loaded;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var demo = parse.GetValue(_demo);
        if (_slurm.TryWrite(parse, parse.GetValue(_model) ?? (demo ? null : throw Missing(_model)),
            parse.GetValue(_input) ?? (demo ? null : throw Missing(_input)), parse.GetRequiredValue(_output), parse.GetValue(_shard),
            parse.GetValue(_run)))
            return ExitCodes.Succeeded;
        using var interruptions = new Interruptions(cancellationToken);
        // before a large model is loaded for nothing
        using var shared = await RunOptions.OpenAsync(parse.GetValue(_run), interruptions.Finish).ConfigureAwait(false);
        var given = new GivenAnew(Model: null, Input: null, options => _engine.Apply(parse, options));
        using var loaded = await LoadAsync(parse, given, workingFolder: null, interruptions.Abandon).ConfigureAwait(false);
        if (shared is null || Path.Exists(loaded.Job.Input))
            InputNotices.Write(Dataset.Open(loaded.Job.Input, loaded.Job.Split));
        var job = loaded.Job with
        {
            Finish = interruptions.Finish,
            Command = RunOptions.Arguments(parse),
            Backend = shared?.Backend,
            WriteOutputs = !parse.GetValue(_noOutputs),
        };
        using var display = new SynthesisProgressDisplay(loaded.Model);
        var report = await SynthesisJob.RunAsync(loaded.Model, job, display, display, interruptions.Abandon).ConfigureAwait(false);
        display.Close();
        SynthesisReportView.Write(report);
        return report.Quarantined > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
    }

    /// <param name="workingFolder">That paths start from; null for the current one.</param>
    private async Task<LoadedJob> LoadAsync(
        ParseResult parse, GivenAnew given, string? workingFolder, CancellationToken cancellationToken)
    {
        string At(string path) => workingFolder is null ? path : Path.GetFullPath(path, workingFolder);
        string? Given(Option<string?> option) => parse.GetValue(option) is { } path ? At(path) : null;
        var demo = parse.GetValue(_demo);
        var model = given.Model ?? Given(_model) ?? (demo ? DemoMaterial.ExportedModel(cancellationToken) : throw Missing(_model));
        var input = given.Input ?? Given(_input) ?? (demo ? DemoMaterial.Anchors : throw Missing(_input));
        var output = At(parse.GetRequiredValue(_output));
        var anchors = new SynthesisJobOptions
        {
            Input = input,
            Split = parse.GetValue(_split),
            Limit = parse.GetValue(_limit),
            LanguageColumn = _choices.LanguageColumn(parse),
            Output = output,
        };
        var composed = await _choices.RecipesAsync(parse, anchors, At, cancellationToken).ConfigureAwait(false);
        var options = given.Apply(new XlLoraModelOptions { BatchSize = parse.GetValue(_batchSize), Canary = !parse.GetValue(_noCanary) });
        var loaded = LoadedJob.Load(model, LoadedJob.WithRoomFor(options, composed?.MaxAdapters ?? 0));
        try
        {
            var synthesis = await _choices.ApplyAsync(parse, loaded.Model.DefaultSampling, greedy: demo, At, cancellationToken)
                .ConfigureAwait(false);
            if (composed is not null)
                synthesis = synthesis with
                {
                    Strategy = composed.Mount(loaded.Model, _choices.PromptSet(parse),
                        Path.GetDirectoryName(SynthesisJob.AdapterFolder(output))!, cancellationToken),
                };
            if (Given(_judge) is { } judge)
                loaded.Judge = new XlLoraEmbeddingGenerator(judge);
            loaded.Job = anchors with
            {
                Synthesis = synthesis,
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

    private static ArgumentException Missing(Option option) =>
        new($"{option.Name} is missing. Give --model and --input, or --demo to try it on the demonstration model.");
}
