using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>The <c>README.md</c> of a trained adapter, as Hugging Face reads model cards: facts of the run, and nothing assumed.</summary>
/// <remarks>Metadata: https://github.com/huggingface/hub-docs/blob/main/modelcard.md. No times stand in it, so that a run that was taken up
/// ends with the same file.</remarks>
internal static class AdapterCard
{
    /// <summary>The card, lines ended by <c>\n</c>.</summary>
    /// <param name="baseFingerprint">Of the weights that the adapter is for.</param>
    public static string Render(AdapterTaskParts parts, AdapterTrainingReport report, string baseFingerprint, string toolVersion)
    {
        var (source, data) = (parts.Source, parts.Examples.Data);
        var card = new StringBuilder();
        foreach (var line in (string[])["---", "library_name: peft", $"base_model: {CardText.Yaml(source.BaseName)}", "tags:", "  - lora",
            "  - xllora-onnx", "---", ""])
            Line(card, line);
        Line(card, $"# {CardText.Inline(Path.GetFileName(report.Folder))}");
        Line(card, "");
        Line(card, $"A LoRA adapter for {CardText.Inline(source.BaseName)}, trained with xllora-onnx {CardText.Inline(toolVersion)} on "
            + $"{CardText.Number(report.Examples)} rows of {CardText.Inline(data.Name)}. The weights of the base stayed as they were.");
        Section(card, "Data and base", Origin(parts, report, baseFingerprint));
        Section(card, "Adapter", Shape(parts, report));
        Section(card, "Training", Training(parts, report));
        Line(card, "");
        Line(card, "`curves.csv` has the loss of every step and the scores of every evaluation, `curves.svg` a picture of them.");
        Line(card, "");
        Line(card, $"The prompt, {CardText.Code(data.Prompt.Name)}, before the chat template:");
        Line(card, "");
        card.Append(CardText.Block(data.Prompt.Text));
        foreach (var (i, notice) in report.Notices.Index())
            Line(card, (i == 0 ? "\n" : "") + $"- {CardText.Inline(notice)}");
        return card.ToString();
    }

    private static IEnumerable<(string, string)> Origin(AdapterTaskParts parts, AdapterTrainingReport report, string baseFingerprint)
    {
        var data = parts.Examples.Data;
        yield return ("data", $"{CardText.Inline(data.Name)}, {CardText.Number(report.Rows)} rows: "
            + $"{CardText.Code(data.Prompt.AnswerColumn)} after {CardText.Code(data.Prompt.QuestionColumn)}");
        yield return ("SHA-256 of the data", CardText.Code(data.Sha256));
        yield return ("base", CardText.Inline(parts.Source.BaseName));
        yield return ("precision of the base in training", parts.Options.BasePrecision.ToString().ToLowerInvariant());
        yield return ("fingerprint of the base", CardText.Code(baseFingerprint));
        yield return ("language in the prompt", CardText.Inline(parts.Options.Language));
        yield return ("what is learned", parts.Options.AssistantOnly ? "the answer, up to the token that ends it"
            : parts.Examples.CompletionOnly ? "the answer, and the marks of its turn" : "prompt and answer");
        yield return ("tokens of a row",
            $"up to {CardText.Number(parts.Options.MaxLength)}; {CardText.Number(parts.Examples.Tokens)} in all");
    }

    private static IEnumerable<(string, string)> Shape(AdapterTaskParts parts, AdapterTrainingReport report)
    {
        yield return ("r", Number(parts.Options.Rank));
        yield return ("alpha", Number(parts.Options.Alpha));
        yield return ("dropout", Number(parts.Options.Dropout));
        yield return ("linear modules", $"{CardText.Number(report.Modules)} of {CardText.Number(parts.Base.Slots.Count)}");
        yield return ("parameters", CardText.Number(report.Parameters));
    }

    private static IEnumerable<(string, string)> Training(AdapterTaskParts parts, AdapterTrainingReport report)
    {
        var training = parts.Training;
        var epochs = Math.Round((double)report.Steps / report.StepsPerEpoch, 2);
        yield return ("steps", $"{CardText.Number(report.Steps)}, {Number(epochs)} epochs"
            + (report.StoppedEarly ? "; stopped early" : ""));
        if (report.WeightsOfStep != report.Steps)
            yield return ("weights of step", CardText.Number(report.WeightsOfStep));
        yield return ("rows of a step", $"{CardText.Number(training.BatchSize)} × {CardText.Number(parts.Options.GradientAccumulation)}");
        yield return ("learning rate", $"{Number(training.LearningRate)}, {training.Schedule}");
        yield return ("optimizer", $"AdamW, betas {Number(training.AdamBeta1)} and {Number(training.AdamBeta2)}, epsilon "
            + $"{Number(training.AdamEpsilon)}, weight decay {Number(training.WeightDecay)}, gradient norm up to "
            + Number(training.MaxGradNorm));
        yield return ("seed", training.Seed.ToString(CultureInfo.InvariantCulture));
        yield return ("loss of the first step", Number(report.FirstLoss));
        yield return ("loss of the last step", Number(report.LastLoss));
        yield return ("loss at the end, smoothed", Number(report.SmoothedLoss));
        foreach (var (before, after) in report.ScoresBefore.Zip(report.ScoresAfter))
            yield return ($"{CardText.Inline(after.Name)}, before and after", $"{Number(before.Value)}, {Number(after.Value)}");
    }

    private static void Section(StringBuilder card, string title, IEnumerable<(string Name, string Value)> facts)
    {
        foreach (var line in (string[])["", $"## {title}", "", "| | |", "|---|---|"])
            Line(card, line);
        foreach (var (name, value) in facts)
            Line(card, $"| {name} | {value} |");
    }

    private static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static void Line(StringBuilder card, string text) => card.Append(text).Append('\n');
}
