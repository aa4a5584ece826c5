namespace XlLoraOnnx.Runtime;

/// <summary>Rows in batches of one adapter and of like length.</summary>
internal static class TaskBatches
{
    /// <param name="adapter">Of rows that name none.</param>
    /// <param name="width">Tokens that a row of a batch takes.</param>
    /// <param name="most">Tokens of a batch; a longer row is one alone.</param>
    public static IEnumerable<IReadOnlyList<TaskRow>> Of(
        IReadOnlyList<TaskRow> rows, string adapter, Func<IReadOnlyList<TaskRow>, int> width, int most)
    {
        // the longest first: what does not fit into memory shows at once
        foreach (var group in rows.GroupBy(r => r.Adapter ?? adapter))
        {
            var batch = new List<TaskRow>();
            foreach (var row in group.OrderByDescending(r => r.Length).ThenBy(r => r.Index))
            {
                if (batch.Count > 0 && (batch.Count + 1) * width(batch) > most)
                {
                    yield return batch;
                    batch = [];
                }
                batch.Add(row);
            }
            if (batch.Count > 0)
                yield return batch;
        }
    }
}
