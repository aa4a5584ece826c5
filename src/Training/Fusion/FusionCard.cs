using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>The <c>README.md</c> of a trained adapter for two languages: facts of the run, and nothing assumed.</summary>
/// <remarks>No times stand in it, so that a run that was taken up ends with the same file.</remarks>
internal static class FusionCard
{
    /// <summary>The card, lines ended by <c>\n</c>.</summary>
    public static string Render(FusionTaskParts parts, FusionTrainingReport report, string toolVersion)
    {
        var (options, data) = (parts.Options, parts.Examples.Data);
        var name = options.BaseModelName ?? parts.Base.Name;
        var card = new StringBuilder();
        foreach (var line in (string[])["---", "library_name: peft", $"base_model: {CardText.Yaml(name)}", "tags:", "  - lora",
            "  - xllora-onnx", "---", ""])
            Line(card, line);
        Line(card, $"# {CardText.Inline(Path.GetFileName(report.Folder))}");
        Line(card, "");
        Line(card, $"{Kind(parts)} for {CardText.Inline(name)} with a head for {options.Task.Word()}, trained with xllora-onnx "
            + $"{CardText.Inline(toolVersion)} on {CardText.Number(report.Rows)} rows of {CardText.Inline(data.Name)}. The weights of "
            + "the base stayed as they were.");
        Section(card, "Data and base", Origin(parts, name));
        Section(card, "Adapter", Shape(parts, report));
        Section(card, "Training", Training(parts, report));
        Line(card, "");
        Line(card, "`curves.csv` has the loss of every step and the scores of every evaluation, `curves.svg` a picture of them.");
        foreach (var (i, notice) in report.Notices.Index())
            Line(card, (i == 0 ? "\n" : "") + $"- {CardText.Inline(notice)}");
        return card.ToString();
    }

    private static string Kind(FusionTaskParts parts) => parts.Options switch
    {
        { Fusion: not null, TranslationModel: not null } => "An adapter that fuses states of a translation model (FLARE-MT)",
        { Fusion: not null } => "An adapter that fuses two languages (FLARE)",
        { JoinsTexts: true } => "A LoRA adapter that reads two languages as one text",
        _ => "A LoRA adapter",
    };

    private static IEnumerable<(string, string)> Origin(FusionTaskParts parts, string name)
    {
        var data = parts.Examples.Data;
        yield return ("data", $"{CardText.Inline(data.Name)}, {CardText.Number(data.Rows.Count)} rows");
        yield return ("SHA-256 of the data", CardText.Code(data.Sha256));
        yield return ("base", CardText.Inline(name));
        yield return ("fingerprint of the base", CardText.Code(parts.BaseFingerprint));
        if (parts.Options.TaskRunFolder is { } run)
            yield return ("merged into the base before", $"{CardText.Inline(Path.GetFileName(Path.TrimEndingDirectorySeparator(run)))}, "
                + CardText.Code(parts.Base.MergedSum!));
        yield return ("tokens of a text", $"up to {CardText.Number(parts.Options.MaxLength)}");
        yield return ("padding",
            parts.Options.Padding == FusionPadding.Masked ? "masked: it changes nothing" : "as in FLARE's released code");
    }

    private static IEnumerable<(string, string)> Shape(FusionTaskParts parts, FusionTrainingReport report)
    {
        var options = parts.Options;
        if (options.Fusion is { } fusion)
            yield return ("fusion function", CardText.Code(fusion.Name()));
        if (options.Fusion == FusionFunction.CrossAttention)
            yield return ("heads of cross-attention", Number(options.CrossAttentionHeads));
        yield return ("r", Number(options.Rank));
        yield return ("alpha", Number(options.Alpha));
        yield return ("linear modules", $"{CardText.Number(report.Modules)}: queries and values of every layer");
        yield return ("parameters, those of the head among them", CardText.Number(report.Parameters));
    }

    private static IEnumerable<(string, string)> Training(FusionTaskParts parts, FusionTrainingReport report)
    {
        var (options, training, dropout) = (parts.Options, parts.Training, parts.Base.Dropout);
        var epochs = Math.Round((double)report.Steps / report.StepsPerEpoch, 2);
        yield return ("steps", $"{CardText.Number(report.Steps)}, {Number(epochs)} epochs"
            + (report.StoppedEarly ? "; stopped early" : ""));
        if (report.WeightsOfStep != report.Steps)
            yield return ("weights of step", CardText.Number(report.WeightsOfStep));
        yield return ("rows of a step", CardText.Number(training.BatchSize));
        yield return ("learning rate", $"{Number(training.LearningRate)}, {training.Schedule}");
        yield return ("optimizer", $"AdamW, betas {Number(training.AdamBeta1)} and {Number(training.AdamBeta2)}, epsilon "
            + $"{Number(training.AdamEpsilon)}, weight decay {Number(training.WeightDecay)}, gradient norm up to "
            + Number(training.MaxGradNorm));
        yield return ("dropout", $"before A {Number(options.Dropout)}, states {Number(dropout.Embeddings)}, attention "
            + Number(dropout.Attention));
        if (options is { Fusion: not null, TranslationModel: null })
            yield return ("dropout of the source pass", options.SourceDropout ? "the same" : "none");
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
