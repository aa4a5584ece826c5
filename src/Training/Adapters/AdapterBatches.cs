namespace XlLoraOnnx.Training;

/// <summary>What one step of the optimizer learns.</summary>
/// <param name="Batches">That are computed one after the other, the longest rows first; their gradients are added.</param>
/// <param name="Labels">Of all batches: the sum of the losses is divided by it, as by <c>num_items_in_batch</c> of transformers.</param>
internal sealed record AdapterStep(IReadOnlyList<AdapterBatch> Batches, long Labels)
{
    public int Rows => Batches.Sum(b => b.Rows);

    /// <summary>Without padding.</summary>
    public long Tokens => Batches.Sum(b => b.Tokens);

    /// <summary>1 / <see cref="Labels"/>.</summary>
    public float LossScale => 1f / Labels;
}

/// <summary>The examples in the order of each epoch, batch by batch: a function of the seed and the number of the step.</summary>
/// <param name="batchSize">Rows of a batch.</param>
/// <param name="accumulation">Batches of a step.</param>
/// <param name="padTokenId">Masked, so that any id does.</param>
internal sealed class AdapterBatches(
    IReadOnlyList<AdapterExample> examples, int batchSize, int accumulation, int padTokenId, long seed)
{
    private (long Epoch, int[] Order)? _last;

    /// <summary>The last one may have fewer rows than the others.</summary>
    public int StepsPerEpoch => (int)((examples.Count + RowsPerStep - 1) / RowsPerStep);

    /// <summary>All examples in the order of the data, a batch each, for scores.</summary>
    public static IReadOnlyList<AdapterBatch> InOrder(IReadOnlyList<AdapterExample> examples, int batchSize, int padTokenId) =>
        [.. examples.Chunk(batchSize).Select(chunk => new AdapterBatch(chunk, padTokenId))];

    private long RowsPerStep => (long)batchSize * accumulation;

    /// <summary>The longest rows: no batch is larger.</summary>
    public AdapterBatch Largest => new([.. examples.OrderByDescending(e => e.Ids.Length).Take(batchSize)], padTokenId);

    /// <param name="step">From 0, over all epochs.</param>
    public AdapterStep Step(long step)
    {
        var (epoch, inEpoch) = Math.DivRem(step, StepsPerEpoch);
        if (_last is not { } last || last.Epoch != epoch)
            _last = last = (epoch, EpochOrder.Of(examples.Count, seed, epoch));
        var first = (int)(inEpoch * RowsPerStep);
        var rows = last.Order.AsSpan(first, (int)Math.Min(RowsPerStep, examples.Count - first)).ToArray();
        // those of one length side by side: the sum over the step is the same, and less of it is padding
        var batches = rows.Select(i => examples[i]).OrderByDescending(e => e.Ids.Length).Chunk(batchSize)
            .Select(chunk => new AdapterBatch(chunk, padTokenId)).ToArray();
        return new AdapterStep(batches, rows.Sum(i => (long)examples[i].Labels));
    }
}
