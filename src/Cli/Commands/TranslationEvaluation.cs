using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>evaluate --task translation</c>: translations that are there already.</summary>
internal static class TranslationEvaluation
{
    public static async Task<int> RunAsync(EvaluationChoices choices, ParseResult parse, CancellationToken cancellationToken)
    {
        EvaluationChoices.ThrowIfGiven(
            parse, [.. choices.OfEmbeddings, choices.Svg, .. choices.Predictions.All],
            "--task translation, which measures translations that are there already");
        var paths = parse.GetValue(choices.Data) is { Length: > 0 } given
            ? given
            : throw new ArgumentException("--data is missing. Give tables with translations, or references and --hypotheses.");
        var defaults = new TranslationOptions();
        var options = choices.Translation.Apply(parse, defaults) with
        {
            SystemName = parse.GetValue(choices.ModelName),
            TaskName = parse.GetValue(choices.TaskName),
            Split = parse.GetValue(choices.Split),
            Subset = parse.GetValue(choices.Subset),
            BootstrapSamples = parse.GetValue(choices.Bootstrap),
            Seed = parse.GetResult(choices.Seed) is { Implicit: false } ? parse.GetValue(choices.Seed) : defaults.Seed,
        };
        var report = await TranslationEvaluator.EvaluateAsync(paths, choices.Translation.Systems(parse), options, cancellationToken)
            .ConfigureAwait(false);
        var written = parse.GetValue(choices.Output) is { } output ? TranslationEvaluator.Write(report, output) : null;
        if (parse.GetValue(choices.Json))
            TranslationScoresView.WriteJson(report, written);
        else
            TranslationScoresView.Write(report, written);
        return report.Unreadable.Count > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
    }
}
