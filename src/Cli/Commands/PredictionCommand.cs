using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>xllora-onnx classify</c> and <c>xllora-onnx answer</c></summary>
internal sealed class PredictionCommand
{
    private readonly Option<string> _input = new("--input", "-i")
    {
        Description = "Rows, known by their content: CSV, TSV, JSON, JSON lines, Parquet, or a folder of such files.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Table of predictions: .csv, .jsonl or .parquet. Written when complete; interrupted, the same command continues.",
        HelpName = "FILE",
        DefaultValueFactory = _ => "predictions.csv",
    };

    private readonly Option<string?> _task = new("--task", "-t")
    {
        Description = "How texts are laid out. Default: what the run was trained for.",
        HelpName = "xnli|nusax",
    };

    private readonly Option<bool> _withoutSource = new("--without-source")
    {
        Description = "Read the text alone: the adapter is a plain one then.",
    };

    private readonly Option<string?> _translate = new("--translate")
    {
        Description = "An exported translation model (NLLB-200), which makes the text in the source language where a row has none.",
        HelpName = "MODEL",
    };

    private readonly Option<string> _to = new("--to")
    {
        Description = "Source language to translate into.",
        HelpName = "CODE",
        DefaultValueFactory = _ => "eng_Latn",
    };

    private readonly Option<int?> _limit = new("--limit") { Description = "Only the first N rows.", HelpName = "N" };

    private readonly Option<string?> _language = new("--language")
    {
        Description = "Of data in several languages, only this one.",
        HelpName = "CODE",
    };

    private readonly TaskRowChoices _rows = new("");
    private readonly FusionChoices _fusion = new(required: true);
    private readonly bool _answers;

    private PredictionCommand(bool answers)
    {
        _answers = answers;
        Command = answers
            ? new Command("answer", "Answers to questions about texts (TyDi QA), by an adapter of FLARE that reads both languages.")
            : new Command("classify", "Classes of texts (XNLI, NusaX), by an adapter of FLARE that reads both languages.");
        _task.AcceptOnlyFromAmong("xnli", "nusax");
        Command.Add(_input);
        Command.Add(_output);
        if (!answers)
            Command.Add(_task);
        foreach (var option in (Option[])[.. _rows.All, _language, _withoutSource, _translate, _to, _limit])
            Command.Add(option);
        _fusion.AddTo(Command);
        Command.SetGuardedAction(RunAsync);
    }

    public Command Command { get; }

    public static Command Classify() => new PredictionCommand(answers: false).Command;

    public static Command Answer() => new PredictionCommand(answers: true).Command;

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        var folder = parse.GetValue(_fusion.Model)!;
        var options = _fusion.Options(parse, _answers ? "tydiqa" : parse.GetValue(_task));
        using var translator = parse.GetValue(_translate) is { } model ? XlLoraModel.Load(model) : null;
        using var display = new PredictionProgressDisplay();
        PredictionReport report;
        if (_answers)
        {
            using var answerer = QuestionAnswerer.Load(folder, options);
            report = await PredictionJob.AnswerAsync(answerer, Job(parse, TextTask.TyDiQa, translator), display, cancellationToken)
                .ConfigureAwait(false);
        }
        else
        {
            using var classifier = TextClassifier.Load(folder, options);
            var task = classifier.Task == "nusax" ? TextTask.NusaX : TextTask.Xnli;
            report = await PredictionJob.ClassifyAsync(classifier, Job(parse, task, translator), display, cancellationToken)
                .ConfigureAwait(false);
        }
        PredictionReportView.Write(report);
        return ExitCodes.Succeeded;
    }

    private PredictionJobOptions Job(ParseResult parse, TextTask task, XlLoraModel? translator) => new()
    {
        Input = parse.GetRequiredValue(_input),
        Output = parse.GetRequiredValue(_output),
        Task = task,
        Rows = _rows.Apply(parse, new TaskExampleOptions { Language = parse.GetValue(_language) }),
        SourceInput = _rows.SourceData(parse) switch
        {
            [] => null,
            [var file] => file,
            var files => throw new ArgumentException($"--source-data names {files.Count} files, and --input one. Give one of each."),
        },
        Adapter = parse.GetValue(_fusion.Adapter),
        WithoutSource = parse.GetValue(_withoutSource),
        Translator = translator is null ? null : new Translator(translator),
        TextLanguage = _fusion.TextLanguage(parse),
        SourceLanguage = parse.GetRequiredValue(_to),
        Limit = parse.GetValue(_limit),
    };
}
