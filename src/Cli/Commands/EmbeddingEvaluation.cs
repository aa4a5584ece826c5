using System.CommandLine;

namespace XlLoraOnnx.Cli;

/// <summary><c>evaluate</c> of embeddings: a model is loaded, and measured.</summary>
internal static class EmbeddingEvaluation
{
    public static async Task<int> RunAsync(EvaluationChoices choices, ParseResult parse, CancellationToken cancellationToken)
    {
        if (parse.GetValue(choices.Svg) is not null)
            throw new ArgumentException("--svg draws a comparison; give --compare A B as well.");
        choices.Translation.ThrowIfGiven(parse);
        EvaluationChoices.ThrowIfGiven(
            parse, choices.Predictions.All, "embeddings; give --task xnli, nusax or tydiqa too, or leave the option out");
        if (parse.GetValue(choices.Embedder.Model) is null)
            throw Missing(choices.Embedder.Model);
        var paths = parse.GetValue(choices.Data) is { Length: > 0 } given ? given : throw Missing(choices.Data);
        var options = new EvaluationOptions
        {
            Task = parse.GetValue(choices.Task),
            TaskName = parse.GetValue(choices.TaskName),
            Split = parse.GetValue(choices.Split),
            Subset = parse.GetValue(choices.Subset),
            Languages = parse.GetValue(choices.Language) ?? [],
            AlignmentThreshold = parse.GetValue(choices.AlignmentThreshold),
            Prompt = parse.GetValue(choices.Prompt),
            QueryPrompt = parse.GetValue(choices.QueryPrompt),
            DocumentPrompt = parse.GetValue(choices.DocumentPrompt),
            BootstrapSamples = parse.GetValue(choices.Bootstrap),
            Seed = parse.GetValue(choices.Seed),
        };
        using var embedder = choices.Embedder.Load(parse, parse.GetValue(choices.ModelName));
        using var generator = new XlLoraEmbeddingGenerator(embedder);
        var report = await EvaluationProgressDisplay.RunAsync(progress =>
            EmbeddingEvaluator.EvaluateAsync(generator, paths, options, progress, cancellationToken)).ConfigureAwait(false);
        var written = parse.GetValue(choices.Output) is { } output ? EmbeddingEvaluator.Write(report, output) : null;
        if (parse.GetValue(choices.Json))
            EvaluationView.WriteJson(report, written);
        else
            EvaluationView.Write(report, written);
        return report.Unreadable.Count > 0 ? ExitCodes.PartlyFailed : ExitCodes.Succeeded;
    }

    private static ArgumentException Missing(Option option) =>
        new($"{option.Name} is missing. Give --model and --data to measure, or --compare A B.");
}
