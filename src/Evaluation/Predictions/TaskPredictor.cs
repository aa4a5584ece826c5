namespace XlLoraOnnx.Evaluation;

/// <summary>What a system says of an example.</summary>
/// <param name="Text">The name or number of a label; or an answer. A text that names no label is a wrong one.</param>
public sealed record TaskPrediction(string Text)
{
    /// <summary>A label by its number.</summary>
    public static TaskPrediction OfLabel(int label) => new(label.ToString(System.Globalization.CultureInfo.InvariantCulture));
}

/// <summary>A system that is asked.</summary>
/// <param name="examples">What it is to read, without labels and answers: <see cref="TaskExample.Texts"/>, and where it is not null <see
/// cref="TaskExample.SourceTexts"/>. Zero-shot has the former alone; so has translate-test, where they are the translations;
/// translate-train has both.</param>
/// <param name="setting">Which of these it is.</param>
/// <param name="cancellationToken">Ends the work.</param>
/// <returns>A prediction for each example, in their order.</returns>
public delegate IAsyncEnumerable<TaskPrediction> TaskPredictor(
    IReadOnlyList<TaskExample> examples, CrossLingualSetting setting, CancellationToken cancellationToken);
