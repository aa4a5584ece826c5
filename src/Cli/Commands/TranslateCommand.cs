using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx translate</c></summary>
internal sealed class TranslateCommand
{
    private const string Source = "source", Target = "target";

    private readonly Option<string> _model = new("--model", "-m")
    {
        Description = "An exported model folder.",
        HelpName = "MODEL",
        Required = true,
    };

    private readonly Option<string> _input = new("--input", "-i")
    {
        Description = "Texts, known by their content: a column of CSV, TSV or Parquet, a field of JSON lines or a JSON list, or text with "
            + "one a line; or a folder of such files. A blank text stays blank.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string?> _column = new("--column")
    {
        Description = "Column or field with the texts. Default: text.",
        HelpName = "NAME",
    };

    private readonly Option<string?> _task = new("--task")
    {
        Description = "The input has rows of this task: all their texts are translated, and written beside them as FIELD_translated. Right "
            + "answers of tydiqa are carried along in quotes.",
        HelpName = "xnli|nusax|tydiqa",
    };

    private readonly Option<string> _translated = new("--translated")
    {
        Description = "Of --task: whether the translations are the source side (of test data) or the target side (of training data); the "
            + "column language says the target's.",
        HelpName = "source|target",
        DefaultValueFactory = _ => Source,
    };

    private readonly Option<string?> _split = RunOptions.Split();

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Run folder; or a .csv, .jsonl or .parquet file for the translations, beside which the run folder lies as FILE.run. "
            + "The same command continues a run that was interrupted, and several processes may run it at a time.",
        HelpName = "RUN",
        DefaultValueFactory = _ => "translations.csv",
    };

    private readonly Option<long?> _limit = new("--limit") { Description = "Only the first N texts.", HelpName = "N" };

    private readonly Option<string?> _shard = RunOptions.Shard();

    private readonly Option<string?> _run = RunOptions.Database();

    private readonly Option<double> _leaseTimeout = RunOptions.LeaseTimeout();

    private readonly Option<bool> _noCanary = new("--no-canary") { Description = "Mount adapters also when they change nothing." };

    private readonly PairChoices _choices = new();
    private readonly EngineOptions _engine = new();
    private readonly SlurmOptions _slurm = new();

    private TranslateCommand()
    {
        const string Description = "Texts into one language or several, each pair by its adapter.";
        Command = new Command("translate", Description) { _model };
        _task.AcceptOnlyFromAmong([.. Enum.GetValues<TextTask>().Select(t => t.Word())]);
        _translated.AcceptOnlyFromAmong(Source, Target);
        _choices.AddTo(Command);
        foreach (var option in (Option[])[_input, _task, _translated, _column, _split, _output, _limit, _shard, _run, _leaseTimeout, _noCanary])
            Command.Add(option);
        _engine.AddTo(Command);
        _slurm.AddTo(Command);
        Command.SetGuardedAction(RunAsync);
    }

    public Command Command { get; }

    public static Command Create() => new TranslateCommand().Command;

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_task) is null && parse.GetResult(_translated) is { Implicit: false })
            throw new ArgumentException("--translated is of --task; give that too, or leave it out.");
        if (_slurm.TryWrite(parse, parse.GetRequiredValue(_model), parse.GetRequiredValue(_input), parse.GetRequiredValue(_output),
            parse.GetValue(_shard), parse.GetValue(_run)))
            return ExitCodes.Succeeded;
        using var interruptions = new Interruptions(cancellationToken);
        var job = _choices.Apply(parse, parse.GetRequiredValue(_input), parse.GetRequiredValue(_output)) with
        {
            Column = parse.GetValue(_column),
            Split = parse.GetValue(_split),
            Limit = parse.GetValue(_limit),
            Shard = parse.GetValue(_shard) is { } shard ? SynthesisShard.Parse(shard) : null,
            LeaseTimeout = TimeSpan.FromSeconds(parse.GetValue(_leaseTimeout)),
            Finish = interruptions.Finish,
            Command = RunOptions.Arguments(parse),
        };
        var options = _choices.Apply(parse, _engine.Apply(parse, new XlLoraModelOptions { Canary = !parse.GetValue(_noCanary) }));
        // rows of all pairs run together
        options.MaxResidentAdapters = Math.Max(options.MaxResidentAdapters, Adapters(job));
        // before a large model is loaded for nothing
        using var shared = await RunOptions.OpenAsync(parse.GetValue(_run), interruptions.Finish).ConfigureAwait(false);
        using var model = XlLoraModel.Load(parse.GetRequiredValue(_model), options);
        ModelNotices.Write(model);
        var adapters = _choices.Adapters(parse, job);
        try
        {
            job = adapters.Mount(model, interruptions.Abandon) with { Backend = shared?.Backend };
            using var display = new SynthesisProgressDisplay(model, translates: true);
            return await TranslateAsync(parse, model, job, display, interruptions.Abandon).ConfigureAwait(false);
        }
        catch
        {
            adapters.Discard();
            throw;
        }
    }

    private async Task<int> TranslateAsync(ParseResult parse, XlLoraModel model, TranslationJobOptions job,
        SynthesisProgressDisplay display, CancellationToken cancellationToken)
    {
        if (parse.GetValue(_task) is not { } word)
        {
            var report = await TranslationJob.RunAsync(model, job, display, display, cancellationToken).ConfigureAwait(false);
            display.Close();
            return TranslationJobReportView.Write(report);
        }
        var task = Enum.GetValues<TextTask>().Single(t => t.Word() == word);
        var rows = new TaskExampleOptions
        {
            Translated = parse.GetValue(_translated) == Target ? TranslatedColumns.Target : TranslatedColumns.Source,
        };
        var ofTask = await TaskTranslationJob.RunAsync(model, task, job, rows, display, display, cancellationToken).ConfigureAwait(false);
        display.Close();
        return TaskTranslationReportView.Write(ofTask);
    }

    /// <summary>How many adapters the pairs of a job have.</summary>
    private static int Adapters(TranslationJobOptions job) =>
        job.TargetLanguages.Select(target => job.Pairs.Route(new LanguagePair(job.SourceLanguage, target)).Adapter).Distinct().Count();
}
