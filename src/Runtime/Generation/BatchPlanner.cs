namespace XlLoraOnnx.Runtime;

/// <summary>
/// Cuts requests into batches: one adapter and one way of sampling and stopping each, rows of like length together,
/// adapters taking turns so that the answers of one anchor come soon after each other.
/// </summary>
internal static class BatchPlanner
{
    /// <param name="contextLength">No batch may need more positions than this; a row that does so alone runs alone.</param>
    /// <param name="padTokenId">The native runtime takes ids equal to this at the end of a row for padding, also where the prompt really
    /// ends in it, but only in batches of several rows: such a row runs alone.</param>
    public static IReadOnlyList<GenerationBatch> Plan(
        IEnumerable<EncodedRequest> requests, int maxBatchSize, int contextLength, int padTokenId)
    {
        var queues = requests
            .GroupBy(r => (r.Adapter, r.Sampling, r.IgnoreStopTokens))
            .Select(group => new Queue<GenerationBatch>(Cut(group, maxBatchSize, contextLength, padTokenId)))
            .ToList();
        var planned = new List<GenerationBatch>();
        while (queues.Count > 0)
        {
            foreach (var queue in queues)
                planned.Add(queue.Dequeue());
            queues.RemoveAll(q => q.Count == 0);
        }
        return planned;
    }

    private static IEnumerable<GenerationBatch> Cut(
        IEnumerable<EncodedRequest> group, int maxBatchSize, int contextLength, int padTokenId)
    {
        var batch = new List<EncodedRequest>();
        var answer = 0;
        foreach (var row in group.OrderBy(r => r.Prompt.Length).ThenBy(r => r.Index))
        {
            if (row.Prompt[^1] == padTokenId)
            {
                yield return new GenerationBatch([row]);
                continue;
            }
            // Rows come in order of length, so this row's prompt is the longest so far.
            var longestAnswer = Math.Max(answer, row.MaxNewTokens);
            if (batch.Count > 0 && (batch.Count == maxBatchSize || row.Prompt.Length + longestAnswer > contextLength))
            {
                yield return new GenerationBatch(batch.ToArray());
                batch.Clear();
                longestAnswer = row.MaxNewTokens;
            }
            batch.Add(row);
            answer = longestAnswer;
        }
        if (batch.Count > 0)
            yield return new GenerationBatch(batch.ToArray());
    }
}
