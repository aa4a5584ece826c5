namespace XlLoraOnnx.Evaluation;

/// <summary>What a system reads of an example in another language than the one its task was learned in.</summary>
public enum CrossLingualSetting
{
    /// <summary>The text as it is.</summary>
    ZeroShot,

    /// <summary>Its translation into the source language alone.</summary>
    TranslateTest,

    /// <summary>Both; the system was trained on translations of the source language.</summary>
    TranslateTrain,
}

/// <summary>Names and inputs of the settings.</summary>
public static class CrossLingualSettingExtensions
{
    /// <summary>As the papers write it: <c>zero-shot</c>, <c>translate-test</c>, <c>translate-train</c>.</summary>
    public static string Word(this CrossLingualSetting setting) => setting switch
    {
        CrossLingualSetting.ZeroShot => "zero-shot",
        CrossLingualSetting.TranslateTest => "translate-test",
        CrossLingualSetting.TranslateTrain => "translate-train",
        _ => throw new ArgumentOutOfRangeException(nameof(setting), setting, "There is no such setting."),
    };

    /// <summary>What the system may see of an example: neither labels nor answers.</summary>
    /// <exception cref="InvalidDataException">The setting needs a source side, and there is none.</exception>
    internal static TaskExample Input(this CrossLingualSetting setting, TaskExample example)
    {
        if (setting != CrossLingualSetting.ZeroShot && example.SourceTexts is null)
            throw new InvalidDataException(
                $"{example.Where} has no text in the source language, which {setting.Word()} reads. Give tables with FIELD_translated or "
                + "source_FIELD, name the columns with --source-columns, or measure zero-shot.");
        return example with
        {
            Texts = setting == CrossLingualSetting.TranslateTest ? example.SourceTexts! : example.Texts,
            SourceTexts = setting == CrossLingualSetting.TranslateTrain ? example.SourceTexts : null,
            Label = null,
            Answers = [],
            SourceAnswers = [],
            Others = [],
        };
    }

    /// <summary>The answers in the language that the system read.</summary>
    internal static IReadOnlyList<TaskAnswer> AnswersOf(this CrossLingualSetting setting, TaskExample example) =>
        setting == CrossLingualSetting.TranslateTest ? example.SourceAnswers : example.Answers;
}
