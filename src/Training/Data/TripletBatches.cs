namespace XlLoraOnnx.Training;

/// <summary>The batches of a run: those of an epoch are all rows in an order of its own, the last of them maybe smaller.</summary>
/// <remarks>As transformers' Trainer batches (RandomSampler, dataloader_drop_last false), in an order of our own. Any batch can be made at
/// any time. Not safe for concurrent use.</remarks>
internal sealed class TripletBatches
{
    private readonly TokenizedTriplets _triplets;
    private readonly int _padTokenId;
    private readonly int _batchSize;
    private readonly long _seed;
    private long _epoch = -1;
    private int[] _order = [];

    /// <param name="batchSize">Rows of a batch.</param>
    /// <param name="seed">Of the order.</param>
    public TripletBatches(TokenizedTriplets triplets, int padTokenId, int batchSize, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        (_triplets, _padTokenId, _batchSize, _seed) = (triplets, padTokenId, batchSize, seed);
    }

    public TripletData Data => _triplets.Data;

    /// <summary>Of a row.</summary>
    public int TextsPerRow => _triplets.TextsPerRow;

    public int StepsPerEpoch => (Data.Rows + _batchSize - 1) / _batchSize;

    /// <summary>The rows with the longest texts: no batch is larger.</summary>
    public EncoderBatch Largest => Of([.. Enumerable.Range(0, Data.Rows)
        .OrderByDescending(row => Enumerable.Range(0, TextsPerRow).Max(side => _triplets[row, side].Length)).Take(_batchSize)]);

    /// <summary>Different ids in all texts.</summary>
    public int DistinctTokens => Enumerable.Range(0, Data.Rows)
        .SelectMany(row => Enumerable.Range(0, TextsPerRow).SelectMany(side => _triplets[row, side])).Distinct().Count();

    /// <param name="step">From 0, over all epochs.</param>
    public EncoderBatch this[long step]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(step);
            var (epoch, batch) = Math.DivRem(step, StepsPerEpoch);
            if (epoch != _epoch)
                (_epoch, _order) = (epoch, EpochOrder.Of(Data.Rows, _seed, epoch));
            return Of([.. _order.Skip((int)batch * _batchSize).Take(_batchSize)]);
        }
    }

    /// <summary>Of rows of one's own choice.</summary>
    public EncoderBatch Of(IReadOnlyList<int> rows)
    {
        var texts = new int[rows.Count * _triplets.TextsPerRow][];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = _triplets[rows[i % rows.Count], i / rows.Count];
        return new EncoderBatch(texts, _padTokenId) { Rows = rows, TextsPerRow = _triplets.TextsPerRow };
    }
}
