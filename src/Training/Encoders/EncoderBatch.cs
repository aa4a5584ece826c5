namespace XlLoraOnnx.Training;

/// <summary>Texts of several rows as ids: all anchors, then all positives, then all hard negatives if there are any.</summary>
/// <param name="Ids">[texts · rows, length], padded on the right.</param>
/// <param name="Mask">1 where a token is; [texts · rows, length].</param>
/// <param name="Texts">Of a row: 2 or 3; 1 for texts that are only turned into vectors.</param>
/// <param name="Rows">How many.</param>
/// <param name="Length">Tokens of the longest.</param>
internal sealed record EncoderBatch(long[] Ids, long[] Mask, int Texts, int Rows, int Length)
{
    /// <summary>Without padding.</summary>
    public long Tokens => Mask.Sum();

    /// <summary>All texts of some of the rows.</summary>
    public EncoderBatch Slice(int firstRow, int rows)
    {
        var (ids, mask) = (new long[Texts * rows * Length], new long[Texts * rows * Length]);
        for (var text = 0; text < Texts; text++)
        {
            var (from, to, count) = ((text * Rows + firstRow) * Length, text * rows * Length, rows * Length);
            Array.Copy(Ids, from, ids, to, count);
            Array.Copy(Mask, from, mask, to, count);
        }
        return new EncoderBatch(ids, mask, Texts, rows, Length);
    }
}
