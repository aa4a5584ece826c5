namespace XlLoraOnnx.Tokenizers;

/// <summary>Where the tokens of a text can be parted: no character has tokens on both sides.</summary>
internal static class CleanCuts
{
    /// <summary>The last cut at or before a number of tokens.</summary>
    /// <param name="offsets">Ranges of the text; they mostly go up, but marks that a normaliser puts in order go back and forth.</param>
    /// <returns>How many tokens come before it, and where they end; (0, 0) where there is none.</returns>
    public static (int Count, int End) Before(ReadOnlySpan<(int Start, int End)> offsets, int most)
    {
        var start = int.MaxValue; // of what follows the cut
        for (var i = most; i < offsets.Length; i++)
            start = Math.Min(start, offsets[i].Start);
        var ends = new int[Math.Min(most, offsets.Length) + 1]; // of what comes before each cut
        for (var i = 1; i < ends.Length; i++)
            ends[i] = Math.Max(ends[i - 1], offsets[i - 1].End);
        for (var count = ends.Length - 1; count > 0; count--)
        {
            if (ends[count] <= start)
                return (count, ends[count]);
            start = Math.Min(start, offsets[count - 1].Start);
        }
        return (0, 0);
    }
}
