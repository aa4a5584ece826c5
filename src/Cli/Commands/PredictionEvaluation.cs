using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>evaluate --task xnli|nusax|tydiqa</c>: predictions that are there already.</summary>
internal static class PredictionEvaluation
{
    public static async Task<int> RunAsync(
        EvaluationChoices choices, TextTask task, ParseResult parse, CancellationToken cancellationToken)
    {
        choices.Translation.ThrowIfGiven(parse);
        EvaluationChoices.ThrowIfGiven(
            parse, [.. choices.OfEmbeddings, choices.Svg],
            $"--task {task.Word()}, which measures predictions that are there already");
        var paths = parse.GetValue(choices.Data) is { Length: > 0 } given
            ? given
            : throw new ArgumentException($"--data is missing. Give rows of {task.Word()} with predictions, or rows and --predictions.");
        var options = choices.Predictions.Apply(parse, new PredictionOptions()) with
        {
            SystemName = parse.GetValue(choices.ModelName),
            TaskName = parse.GetValue(choices.TaskName),
            Split = parse.GetValue(choices.Split),
            BootstrapSamples = parse.GetValue(choices.Bootstrap),
            Seed = parse.GetValue(choices.Seed),
        };
        // of data in several languages only that one, of others what they are in
        options = options with { Rows = options.Rows with { Language = parse.GetValue(choices.Subset) } };
        var report = await PredictionEvaluator.EvaluateAsync(paths, task, options, cancellationToken).ConfigureAwait(false);
        var written = parse.GetValue(choices.Output) is { } output ? PredictionEvaluator.Write(report, output) : null;
        if (parse.GetValue(choices.Json))
            PredictionScoresView.WriteJson(report, written);
        else
            PredictionScoresView.Write(report, written);
        return ExitCodes.Succeeded;
    }
}
