using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary>Options of <c>evaluate --task xnli|nusax|tydiqa</c>.</summary>
internal sealed class PredictionChoices
{
    private const string ZeroShot = "zero-shot", TranslateTest = "translate-test", TranslateTrain = "translate-train";

    private readonly Option<string> _setting = new("--setting")
    {
        Description = "Of xnli, nusax and tydiqa: what the system read; the text, its translation, or both. Of translate-test the right " +
            "answers are those of the translation.",
        HelpName = "zero-shot|translate-test|translate-train",
        DefaultValueFactory = _ => ZeroShot,
    };

    private readonly Option<string[]> _predictions = new("--predictions")
    {
        Description = "Of xnli, nusax and tydiqa: files of predictions, one for each of --data, with ids or in its order. Default: " +
            "columns of --data.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _predictionColumns = new("--prediction-column")
    {
        Description = "Of xnli, nusax and tydiqa: columns with predictions, each one a system: labels by name or number, or answers. " +
            "Default: prediction.",
        HelpName = "NAME",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly TaskRowChoices _rows = new("Of xnli, nusax and tydiqa: ");

    public PredictionChoices() => _setting.AcceptOnlyFromAmong(ZeroShot, TranslateTest, TranslateTrain);

    public IReadOnlyList<Option> All => [_setting, _predictions, _predictionColumns, .. _rows.All];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Add(option);
    }

    public PredictionOptions Apply(ParseResult parse, PredictionOptions defaults) => defaults with
    {
        Rows = _rows.Apply(parse, defaults.Rows),
        SourceData = _rows.SourceData(parse),
        Setting = parse.GetValue(_setting) switch
        {
            TranslateTest => CrossLingualSetting.TranslateTest,
            TranslateTrain => CrossLingualSetting.TranslateTrain,
            _ => CrossLingualSetting.ZeroShot,
        },
        Predictions = parse.GetValue(_predictions) ?? [],
        PredictionColumns = parse.GetValue(_predictionColumns) is { Length: > 0 } columns ? columns : defaults.PredictionColumns,
    };
}
