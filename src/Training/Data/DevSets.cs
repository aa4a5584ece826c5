using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Training;

/// <summary>What an encoder is scored on while it is trained: files that <see cref="EmbeddingEvaluator"/> recognises.</summary>
internal sealed class DevSets(IReadOnlyList<string> paths)
{
    private static readonly EvaluationOptions Options = new() { BootstrapSamples = 0 };

    /// <summary>The main score of each similarity or retrieval set, in the order of the files; before them their mean where there are
    /// several. None without files.</summary>
    /// <param name="generator">Stays the caller's.</param>
    public async Task<IReadOnlyList<DevScore>> EvaluateAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, CancellationToken cancellationToken)
    {
        if (paths.Count == 0)
            return [];
        var report = await EmbeddingEvaluator.EvaluateAsync(generator, paths, Options, progress: null, cancellationToken)
            .ConfigureAwait(false);
        // of alignment, less is better
        var results = report.Results.Where(r => r.Task is EvaluationTask.Sts or EvaluationTask.Retrieval).ToArray();
        if (results.Length == 0)
            throw new InvalidDataException($"{string.Join(", ", paths)}: a dev set has sentence pairs with scores, or queries, documents "
                + "and which of them belong together; there is neither.");
        var scores = results.Select(r => new DevScore(Name(r, results), r.MainScore)).ToArray();
        return scores.Length == 1 ? scores : [new DevScore($"mean of {scores.Length}", scores.Average(s => s.Value)), .. scores];
    }

    /// <summary>As short as it tells the sets apart.</summary>
    private static string Name(EvaluationResult result, EvaluationResult[] all)
    {
        var name = result.TaskName;
        if (all.Count(r => r.TaskName == name) > 1)
            name += $" {result.Subset} {result.Split}";
        return $"{name} {result.MainMetric}";
    }
}
