using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Training;

/// <summary>What the cards of all trainings say alike: facts as rows of a table.</summary>
internal static class TrainingFacts
{
    /// <summary>Of both curves.</summary>
    public const string Curves =
        "`curves.csv` has the loss of every step and the scores of every evaluation, `curves.svg` a picture of them.";

    public static IEnumerable<(string, string)> Steps(TrainingReport report)
    {
        var epochs = Math.Round((double)report.Steps / report.StepsPerEpoch, 2);
        yield return ("steps", $"{CardText.Number(report.Steps)}, {Number(epochs)} epochs" + (report.StoppedEarly ? "; stopped early" : ""));
        if (report.WeightsOfStep != report.Steps)
            yield return ("weights of step", CardText.Number(report.WeightsOfStep));
    }

    public static IEnumerable<(string, string)> Optimizer(TrainingOptions training)
    {
        yield return ("learning rate", $"{Number(training.LearningRate)}, {training.Schedule}");
        yield return ("optimizer", $"AdamW, betas {Number(training.AdamBeta1)} and {Number(training.AdamBeta2)}, epsilon "
            + $"{Number(training.AdamEpsilon)}, weight decay {Number(training.WeightDecay)}, gradient norm up to "
            + Number(training.MaxGradNorm));
    }

    public static IEnumerable<(string, string)> Losses(TrainingOptions training, TrainingReport report)
    {
        yield return ("seed", training.Seed.ToString(CultureInfo.InvariantCulture));
        yield return ("loss of the first step", Number(report.FirstLoss));
        yield return ("loss of the last step", Number(report.LastLoss));
    }

    /// <summary>Of adapters, whose dev scores are rows of the same table.</summary>
    public static IEnumerable<(string, string)> Outcome(TrainingReport report)
    {
        yield return ("loss at the end, smoothed", Number(report.SmoothedLoss));
        foreach (var (before, after) in report.ScoresBefore.Zip(report.ScoresAfter))
            yield return ($"{CardText.Inline(after.Name)}, before and after", $"{Number(before.Value)}, {Number(after.Value)}");
    }

    /// <summary>A card of a PEFT folder up to its title.</summary>
    public static void AdapterHead(StringBuilder card, string baseName, string folder)
    {
        foreach (var line in (string[])["---", "library_name: peft", $"base_model: {CardText.Yaml(baseName)}", "tags:", "  - lora",
            "  - xllora-onnx", "---", "", $"# {CardText.Inline(Path.GetFileName(folder))}", ""])
            Line(card, line);
    }

    public static void Section(StringBuilder card, string title, IEnumerable<(string Name, string Value)> facts)
    {
        foreach (var line in (string[])["", $"## {title}", "", "| | |", "|---|---|"])
            Line(card, line);
        foreach (var (name, value) in facts)
            Line(card, $"| {name} | {value} |");
    }

    /// <summary>A list at the end.</summary>
    public static void Notices(StringBuilder card, TrainingReport report)
    {
        foreach (var (i, notice) in report.Notices.Index())
            Line(card, (i == 0 ? "\n" : "") + $"- {CardText.Inline(notice)}");
    }

    public static string Number(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    public static void Line(StringBuilder card, string text) => card.Append(text).Append('\n');
}
