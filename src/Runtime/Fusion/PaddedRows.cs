namespace XlLoraOnnx.Runtime;

/// <summary>Rows of ids to one length: padding on the right for encoders, on the left for decoders.</summary>
internal sealed record PaddedRows(bool OnTheLeft, int PadTokenId)
{
    /// <param name="length">At least that of the longest.</param>
    public EncoderRows Of(IReadOnlyList<int[]> rows, int length)
    {
        var (ids, mask) = (new long[rows.Count * length], new long[rows.Count * length]);
        Array.Fill(ids, PadTokenId);
        for (var row = 0; row < rows.Count; row++)
        {
            var at = row * length + Begin(rows[row].Length, length);
            for (var i = 0; i < rows[row].Length; i++)
                (ids[at + i], mask[at + i]) = (rows[row][i], 1);
        }
        return new EncoderRows(rows.Count, length, ids, mask, null);
    }

    /// <summary>1 where a row has a token, or in all of it.</summary>
    /// <param name="rows">Null for one that is not there.</param>
    public long[] Mask(IReadOnlyList<int[]?> rows, int length, bool isWhole)
    {
        var mask = new long[rows.Count * length];
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row] is not { } tokens)
                continue;
            var count = isWhole ? length : tokens.Length;
            mask.AsSpan(row * length + Begin(count, length), count).Fill(1);
        }
        return mask;
    }

    /// <summary>Where the first of a row's tokens stands.</summary>
    public int Begin(int tokens, int length) => OnTheLeft ? length - tokens : 0;
}
