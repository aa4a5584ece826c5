using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>evaluate --task xnli|nusax|tydiqa</c>: predictions that are there already, or those of a model that is asked.</summary>
internal static class PredictionEvaluation
{
    public static async Task<int> RunAsync(
        EvaluationChoices choices, TextTask task, ParseResult parse, CancellationToken cancellationToken)
    {
        choices.Translation.ThrowIfGiven(parse);
        EvaluationChoices.ThrowIfGiven(
            parse, [.. choices.OfEmbeddings.Where(o => o != choices.Embedder.Model), choices.Svg], $"--task {task.Word()}");
        var paths = parse.GetValue(choices.Data) is { Length: > 0 } given
            ? given
            : throw new ArgumentException(
                $"--data is missing. Give rows of {task.Word()} with predictions, or rows and --predictions or --model.");
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
        var report = parse.GetValue(choices.Embedder.Model) is { } model
            ? await AskAsync(choices, task, parse, paths, options with { SystemName = options.SystemName ?? NameOf(model) }, cancellationToken)
                .ConfigureAwait(false)
            : await PredictionEvaluator.EvaluateAsync(paths, task, options, cancellationToken).ConfigureAwait(false);
        var written = parse.GetValue(choices.Output) is { } output ? PredictionEvaluator.Write(report, output) : null;
        if (parse.GetValue(choices.Json))
            PredictionScoresView.WriteJson(report, written);
        else
            PredictionScoresView.Write(report, written);
        return ExitCodes.Succeeded;
    }

    private static async Task<PredictionScoreReport> AskAsync(EvaluationChoices choices, TextTask task, ParseResult parse,
        IReadOnlyList<string> paths, PredictionOptions options, CancellationToken cancellationToken)
    {
        var (folder, fusion) = choices.Embedder.Fusion(parse, task.Word());
        if (task == TextTask.TyDiQa)
        {
            using var answerer = QuestionAnswerer.Load(folder, fusion);
            return await PredictionEvaluator.EvaluateSystemAsync(paths, task, TaskPredictors.Of(answerer), options, cancellationToken)
                .ConfigureAwait(false);
        }
        using var classifier = TextClassifier.Load(folder, fusion);
        return await PredictionEvaluator.EvaluateSystemAsync(paths, task, TaskPredictors.Of(classifier), options, cancellationToken)
            .ConfigureAwait(false);
    }

    private static string NameOf(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
}
