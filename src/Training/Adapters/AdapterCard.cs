using System.Text;
using static XlLoraOnnx.Training.TrainingFacts;

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
        AdapterHead(card, source.BaseName, report.Folder);
        Line(card, $"A LoRA adapter for {CardText.Inline(source.BaseName)}, trained with xllora-onnx {CardText.Inline(toolVersion)} on "
            + $"{CardText.Number(report.Examples)} rows of {CardText.Inline(data.Name)}. The weights of the base stayed as they were.");
        Section(card, "Data and base", Origin(parts, report, baseFingerprint));
        Section(card, "Adapter", Shape(parts, report));
        Section(card, "Training", Training(parts, report));
        Line(card, "");
        Line(card, Curves);
        Line(card, "");
        Line(card, $"The prompt, {CardText.Code(data.Prompt.Name)}, before the chat template:");
        Line(card, "");
        card.Append(CardText.Block(data.Prompt.Text));
        Notices(card, report);
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
        foreach (var fact in Steps(report))
            yield return fact;
        yield return ("rows of a step", $"{CardText.Number(training.BatchSize)} × {CardText.Number(parts.Options.GradientAccumulation)}");
        foreach (var fact in Optimizer(training).Concat(Losses(training, report)).Concat(Outcome(report)))
            yield return fact;
    }
}
