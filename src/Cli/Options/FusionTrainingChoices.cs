using System.CommandLine;
using XlLoraOnnx.Exporter;
using XlLoraOnnx.Training;

namespace XlLoraOnnx.Cli;

/// <summary>The options of <c>train fusion</c> that say what is learned and how large it is.</summary>
internal sealed class FusionTrainingChoices
{
    private const string None = "none", Input = "input";

    private static readonly FusionTrainingOptions Defaults = new() { Task = TextTask.Xnli };

    private readonly Option<string> _task = new("--task")
    {
        Description = $"What is learned: {string.Join(", ", Enum.GetValues<TextTask>().Select(t => t.Word()))}.",
        HelpName = "TASK",
        Required = true,
    };
    private readonly Option<string> _fusion = new("--fusion")
    {
        Description = $"How the languages come together: {string.Join(", ", FusionFunctions.Names)}; {Input}: both as one text, and a "
            + $"plain adapter; {None}: the target alone, which with English data is the run that --task-run takes.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "add_relu",
    };
    private readonly Option<string?> _taskRun = new("--task-run")
    {
        Description = "The run of the task in English: its adapter is merged into the model, and its head is trained on. Default: the "
            + "model as it is, and a new head.",
        HelpName = "DIR",
    };
    private readonly Option<double?> _taskAlpha = new("--task-alpha")
    {
        Description = "lora_alpha of --task-run, if that does not say it.",
        HelpName = "X",
    };
    private readonly Option<string?> _sourceData = new("--source-data")
    {
        Description = "The same rows in the source language, where they are in a file of their own.",
        HelpName = "FILE",
    };
    private readonly Option<string?> _translated = new("--translated")
    {
        Description = "What columns FIELD_translated are: target or source. Default: target, as in FLARE's training data, which is translated "
            + "from English.",
        HelpName = "SIDE",
    };
    private readonly Option<string?> _sourceLanguage = new("--source-language")
    {
        Description = "Code of the source's language, to be recorded; of data in several languages, the one whose rows are the sources.",
        HelpName = "CODE",
    };
    private readonly Option<string?> _targetLanguage = new("--target-language")
    {
        Description = "Code of the target's language, to be recorded; of data in several languages, the one that is learned.",
        HelpName = "CODE",
    };
    private readonly Option<string?> _translation = new("--mt-model")
    {
        Description = "FLARE-MT: folder of an exported translation model whose encoder reads the target in place of a source.",
        HelpName = "MODEL",
    };
    private readonly Option<string?> _textLanguage = new("--text-language")
    {
        Description = "With --mt-model: the target's language as that model names it, e.g. spa_Latn.",
        HelpName = "CODE",
    };
    private readonly Option<int> _rank = Of("--rank", "Of the factors.", "N", Defaults.Rank);
    private readonly Option<double> _alpha = Of("--alpha", "What they add is multiplied by alpha / rank.", "X", Defaults.Alpha);
    private readonly Option<double> _dropout = Of("--dropout", "Share of what goes into them that drops out.", "X", Defaults.Dropout);
    private readonly Option<int> _heads = Of("--cross-attention-heads", "Heads of the fusion cross-attention.", "N",
        Defaults.CrossAttentionHeads);
    private readonly Option<double?> _baseDropout = new("--base-dropout")
    {
        Description = "Share that drops out in the model and its head. Default: what config.json says.",
        HelpName = "X",
    };
    private readonly Option<bool> _noSourceDropout = new("--no-source-dropout")
    {
        Description = "Nothing drops out while the source is read; FLARE leaves it on.",
    };
    private readonly Option<int> _maxLength = Of("--max-length", "Tokens that each text is cut to.", "N", Defaults.MaxLength);
    private readonly Option<string> _padding = new("--padding")
    {
        Description = "masked: padding changes nothing; released: rows are padded to --max-length and padding is fused, as FLARE's code "
            + "does.",
        HelpName = "NAME",
        DefaultValueFactory = _ => Word(Defaults.Padding),
    };
    private readonly Option<int?> _trainRows = new("--train-rows") { Description = "Only the first N rows.", HelpName = "N" };
    private readonly Option<string?> _dev = new("--dev")
    {
        Description = "Data of the same columns to score the adapter on. Early stopping looks at it.",
        HelpName = "FILE",
    };
    private readonly Option<bool> _checkpointing = new("--checkpointing")
    {
        Description = "Compute layers again for their gradients: less memory, more time.",
    };
    private readonly Option<string?> _baseName = new("--base-name")
    {
        Description = "What the adapter calls its base, such as FacebookAI/xlm-roberta-large. Default: the name of the folder.",
        HelpName = "NAME",
    };

    public void AddTo(Command command)
    {
        _task.AcceptOnlyFromAmong([.. Enum.GetValues<TextTask>().Select(t => t.Word())]);
        _fusion.AcceptOnlyFromAmong([.. FusionFunctions.Names, Input, None]);
        _translated.AcceptOnlyFromAmong([.. Enum.GetValues<TranslatedColumns>().Select(Word)]);
        _padding.AcceptOnlyFromAmong([.. Enum.GetValues<FusionPadding>().Select(Word)]);
        foreach (var option in (Option[])[_task, _fusion, _taskRun, _taskAlpha, _sourceData, _translated, _sourceLanguage, _targetLanguage,
            _translation, _textLanguage, _rank, _alpha, _dropout, _heads, _baseDropout, _noSourceDropout, _maxLength, _padding, _trainRows,
            _dev, _checkpointing, _baseName])
            command.Add(option);
    }

    public FusionTrainingOptions Read(ParseResult parse)
    {
        var fusion = parse.GetRequiredValue(_fusion);
        return new()
        {
            Task = Enum.GetValues<TextTask>().First(t => t.Word() == parse.GetRequiredValue(_task)),
            Fusion = fusion is None or Input ? null : FusionFunctions.Parse(fusion, _fusion.Name),
            JoinsTexts = fusion == Input,
            TaskRunFolder = parse.GetValue(_taskRun),
            TaskAlpha = parse.GetValue(_taskAlpha),
            SourceData = parse.GetValue(_sourceData),
            Translated = parse.GetValue(_translated) is { } side ? Enum.Parse<TranslatedColumns>(side, ignoreCase: true) : null,
            SourceLanguage = parse.GetValue(_sourceLanguage),
            TargetLanguage = parse.GetValue(_targetLanguage),
            TranslationModel = parse.GetValue(_translation),
            TextLanguage = parse.GetValue(_textLanguage),
            Rank = parse.GetValue(_rank),
            Alpha = parse.GetValue(_alpha),
            Dropout = parse.GetValue(_dropout),
            CrossAttentionHeads = parse.GetValue(_heads),
            BaseDropout = parse.GetValue(_baseDropout),
            SourceDropout = !parse.GetValue(_noSourceDropout),
            MaxLength = parse.GetValue(_maxLength),
            Padding = Enum.Parse<FusionPadding>(parse.GetRequiredValue(_padding), ignoreCase: true),
            TrainRows = parse.GetValue(_trainRows),
            DevData = parse.GetValue(_dev),
            Checkpointing = parse.GetValue(_checkpointing),
            BaseModelName = parse.GetValue(_baseName),
        };
    }

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static Option<T> Of<T>(string name, string description, string helpName, T value) => new(name)
    {
        Description = description,
        HelpName = helpName,
        DefaultValueFactory = _ => value,
    };
}
