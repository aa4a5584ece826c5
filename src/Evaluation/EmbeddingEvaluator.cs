using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Evaluation;

/// <summary>Measures an embedding model: semantic textual similarity, retrieval, alignment and uniformity, as MTEB and the papers define
/// them.</summary>
/// <remarks>
/// Scores follow sources named at each metric: Spearman with average ranks; nDCG, MAP, recall and precision of trec_eval, ties by
/// descending document id; alignment and uniformity of Wang and Isola (2020). Texts are embedded once each. Intervals are percentile
/// bootstrap intervals over pairs or queries.
/// </remarks>
public static class EmbeddingEvaluator
{
    /// <summary>Reads the data, embeds its texts and measures.</summary>
    /// <param name="generator">Stays the caller's. One that offers <see cref="EmbeddingModelIdentity"/> as a service says under which
    /// name and revision its results are filed; <paramref name="options"/> may say otherwise. One that offers <see
    /// cref="EmbeddingPrompts"/> is asked for the prompts that MTEB would choose among them.</param>
    /// <param name="paths">Files or folders; what is in them is recognised (see docs/evaluate.md) and said in the report.</param>
    /// <param name="options">What to measure; null for everything that the data allows.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="InvalidDataException">A file that was named by itself is malformed, nothing can be measured, or a score is not
    /// defined with the vectors. Malformed files of folders are listed in <see cref="EvaluationReport.Unreadable"/> instead.</exception>
    public static async Task<EvaluationReport> EvaluateAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, IReadOnlyList<string> paths, EvaluationOptions? options = null,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(generator);
        ArgumentNullException.ThrowIfNull(paths);
        if (paths.Count == 0)
            throw new ArgumentException("There is no data to evaluate on; give files or folders.", nameof(paths));
        options ??= new EvaluationOptions();
        options.Validate();
        if (options.Task == EvaluationTask.Translation)
            throw new ArgumentException("Translations need no embeddings; give them to TranslationEvaluator.", nameof(options));
        if (PredictionMetric.Measures(options.Task))
            throw new ArgumentException($"{options.Task} needs no embeddings; give it to PredictionEvaluator.", nameof(options));
        // All data is read before the first text is embedded: a mistake in the last file should not cost a night.
        var found = (await DataFinder.ReadAsync(paths, options, cancellationToken).ConfigureAwait(false))
            .WithoutUnscorable(options).ThrowIfEmpty(paths, options.Task);
        var identity = generator.Identity();
        var dimension = 0;
        var results = new List<EvaluationResult>();
        foreach (var set in found.Data)
        {
            var run = new EvaluationRun(generator, set, options, progress);
            results.AddRange(set switch
            {
                StsData pairs => await StsEvaluation.RunAsync(run, pairs, cancellationToken).ConfigureAwait(false),
                RetrievalData retrieval => await RetrievalEvaluation.RunAsync(run, retrieval, cancellationToken).ConfigureAwait(false),
                _ => throw new UnreachableException(),
            });
            dimension = run.Dimension;
        }
        return new EvaluationReport
        {
            ModelName = options.ModelName ?? identity.ModelName,
            Fingerprint = options.Revision ?? PromptedFingerprint.Of(
                identity.Fingerprint, generator.GetService<EmbeddingPrompts>() ?? EmbeddingPrompts.None, options),
            Dimension = dimension,
            Results = results,
            Skipped = found.Skipped,
            Unreadable = found.Unreadable,
            Notices = [.. OfModel(identity), .. found.Notices],
        };
    }

    private static IEnumerable<string> OfModel(EmbeddingModelIdentity identity)
    {
        if (identity.Similarity is { } similarity)
            yield return $"The authors of {identity.ModelName} compare its vectors by {similarity} (similarity_fn_name), which is not "
                + "followed: the main scores are of the cosine.";
    }

    /// <summary>
    /// Writes result files that the mteb package loads (<c>ORG__MODEL/REVISION/TASK.json</c> and <c>model_meta.json</c>), and beside them
    /// what each pair or query scored (<c>*.items.jsonl</c>), which <see cref="EvaluationComparer"/> reads, and what happened to each file
    /// (<c>evaluation.jsonl</c>).
    /// </summary>
    /// <returns>The folder of the model's revision.</returns>
    public static string Write(EvaluationReport report, string folder)
    {
        ArgumentNullException.ThrowIfNull(report);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        return EvaluationFiles.Write(report, folder);
    }
}
