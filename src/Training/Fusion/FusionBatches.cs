namespace XlLoraOnnx.Training;

/// <summary>Some examples as the graphs read them: both languages padded on the right to one length.</summary>
internal sealed class FusionBatch
{
    private readonly IReadOnlyList<FusionExample> _examples;

    /// <param name="examples">At least one.</param>
    /// <param name="length">Null for that of the longest text.</param>
    /// <param name="sourcePadTokenId">Of the model that reads the sources.</param>
    public FusionBatch(IReadOnlyList<FusionExample> examples, int? length, int padTokenId, int sourcePadTokenId)
    {
        _examples = examples;
        Length = Math.Max(length ?? 0, examples.Max(e => e.Length));
        Target = new PaddedRows(OnTheLeft: false, padTokenId).Of([.. examples.Select(e => e.Target)], Length);
        if (examples[0].Source is not null)
            Source = new PaddedRows(OnTheLeft: false, sourcePadTokenId).Of([.. examples.Select(e => e.Source!)], Length);
    }

    public int Rows => _examples.Count;

    /// <summary>Tokens of a row, padding included.</summary>
    public int Length { get; }

    public EncoderRows Target { get; }

    /// <summary>Null where there is none.</summary>
    public EncoderRows? Source { get; }

    /// <summary>Rows of the data, from 0.</summary>
    public IEnumerable<int> DataRows => _examples.Select(e => e.Row);

    /// <summary>Classes, or places of the first tokens of answers.</summary>
    public long[] Firsts => [.. _examples.Select(e => (long)e.First)];

    /// <summary>Places of the last tokens of answers.</summary>
    public long[] Lasts => [.. _examples.Select(e => (long)e.Last)];

    /// <summary>Of both languages, without padding.</summary>
    public long Tokens => Target.AttentionMask.Sum() + (Source?.AttentionMask.Sum() ?? 0);
}

/// <summary>The examples in the order of each epoch, batch by batch: a function of the seed and the number of the step.</summary>
/// <param name="length">That every batch is padded to; null for that of its longest text.</param>
internal sealed class FusionBatches(
    IReadOnlyList<FusionExample> examples, int batchSize, int? length, int padTokenId, int sourcePadTokenId, long seed)
{
    private (long Epoch, int[] Order)? _last;

    /// <summary>The last one may have fewer rows than the others.</summary>
    public int StepsPerEpoch => (examples.Count + batchSize - 1) / batchSize;

    /// <summary>The longest rows: no batch is larger.</summary>
    public FusionBatch Largest => Of([.. examples.OrderByDescending(e => e.Length).Take(batchSize)]);

    /// <summary>All examples in the order of the data, for scores.</summary>
    public IEnumerable<FusionBatch> InOrder() => examples.Chunk(batchSize).Select(Of);

    /// <param name="step">From 0, over all epochs.</param>
    public FusionBatch this[long step]
    {
        get
        {
            var (epoch, inEpoch) = Math.DivRem(step, StepsPerEpoch);
            if (_last is not { } last || last.Epoch != epoch)
                _last = last = (epoch, EpochOrder.Of(examples.Count, seed, epoch));
            var first = (int)inEpoch * batchSize;
            var rows = last.Order.AsSpan(first, Math.Min(batchSize, examples.Count - first)).ToArray();
            return Of([.. rows.Select(i => examples[i])]);
        }
    }

    private FusionBatch Of(FusionExample[] chosen) => new(chosen, length, padTokenId, sourcePadTokenId);
}
