using System.Text;
using static XlLoraOnnx.Training.TrainingFacts;

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
        AdapterHead(card, name, report.Folder);
        Line(card, $"{Kind(parts)} for {CardText.Inline(name)} with a head for {options.Task.Word()}, trained with xllora-onnx "
            + $"{CardText.Inline(toolVersion)} on {CardText.Number(report.Rows)} rows of {CardText.Inline(data.Name)}. The weights of "
            + "the base stayed as they were.");
        Section(card, "Data and base", Origin(parts, name));
        Section(card, "Adapter", Shape(parts, report));
        Section(card, "Training", Training(parts, report));
        Line(card, "");
        Line(card, Curves);
        Notices(card, report);
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
        foreach (var fact in Steps(report))
            yield return fact;
        yield return ("rows of a step", CardText.Number(training.BatchSize));
        foreach (var fact in Optimizer(training))
            yield return fact;
        yield return ("dropout", $"before A {Number(options.Dropout)}, states {Number(dropout.Embeddings)}, attention "
            + Number(dropout.Attention));
        if (options is { Fusion: not null, TranslationModel: null })
            yield return ("dropout of the source pass", options.SourceDropout ? "the same" : "none");
        foreach (var fact in Losses(training, report).Concat(Outcome(report)))
            yield return fact;
    }
}
