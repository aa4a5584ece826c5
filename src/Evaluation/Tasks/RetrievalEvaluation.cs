namespace XlLoraOnnx.Evaluation;

/// <summary>Every query against the whole corpus by cosine, then the metrics of trec_eval.</summary>
internal static class RetrievalEvaluation
{
    public const string MainMetric = "ndcg_at_10";

    public static async Task<IReadOnlyList<EvaluationResult>> RunAsync(
        EvaluationRun run, RetrievalData data, CancellationToken cancellationToken)
    {
        string[] documents = [.. data.Documents.Select(d => d.Text)];
        string[] queries = [.. data.Queries.Select(q => q.Text)];
        var (inCorpus, asked) = await EmbedAsync(run, data.Name, documents, queries, cancellationToken).ConfigureAwait(false);
        var hits = TopKSearch.Search(
            asked.Select(queries), inCorpus.Select(documents), RetrievalMetrics.Cuts[^1], new Searched(run, queries.Length),
            cancellationToken);
        var values = new double[RetrievalMetrics.Names.Length][];
        for (int metric = 0; metric < values.Length; metric++)
            values[metric] = new double[queries.Length];
        for (int query = 0; query < queries.Length; query++)
        {
            var judged = data.Queries[query];
            var own = RetrievalMetrics.Of([.. hits[query].Select(h => judged.Grades.GetValueOrDefault(h.Document))], judged.AllGrades);
            for (int metric = 0; metric < values.Length; metric++)
                values[metric][query] = own[metric];
        }
        var metrics = run.WithIntervals(RetrievalMetrics.Names, queries.Length, (drawn, means) =>
        {
            for (int metric = 0; metric < means.Length; metric++)
            {
                double sum = 0;
                foreach (var query in drawn)
                    sum += values[metric][query];
                means[metric] = sum / drawn.Length;
            }
        }, cancellationToken);
        var items = new ItemScores([.. data.Queries.Select(q => q.Id)], RetrievalMetrics.Names, values);
        return [run.Result(EvaluationTask.Retrieval, MainMetric, metrics, items, $"{documents.Length} documents")];
    }

    /// <summary>Together where the same stands before both, so that a text which is both is embedded once.</summary>
    private static async Task<(EmbeddedTexts Documents, EmbeddedTexts Queries)> EmbedAsync(
        EvaluationRun run, DataName name, string[] documents, string[] queries, CancellationToken cancellationToken)
    {
        var (queryPrompt, documentPrompt) = (run.Prompts.ForQueries(name), run.Prompts.ForDocuments(name));
        if (queryPrompt.Prompt == documentPrompt.Prompt)
        {
            var all = await run.EmbedAsync(documents.Concat(queries), cancellationToken, queryPrompt, documentPrompt).ConfigureAwait(false);
            return (all, all);
        }
        var asked = await run.EmbedAsync(queries, cancellationToken, queryPrompt).ConfigureAwait(false);
        return (await run.EmbedAsync(documents, cancellationToken, documentPrompt).ConfigureAwait(false), asked);
    }

    private sealed class Searched(EvaluationRun run, int total) : IProgress<long>
    {
        public void Report(long value) => run.Report("searching", value, total);
    }
}
