namespace XlLoraOnnx.Tokenizers;

/// <summary>Finds how many ids decode to the beginning of what all of them decode to.</summary>
internal static class DecodedBeginning
{
    // The bytes of a character, and of some neighbours, may turn into it together.
    private const int Further = 16;

    /// <param name="text">What all ids decode to.</param>
    /// <param name="room">The most characters; fewer than the text has.</param>
    public static (int Ids, int Length) Find(int[] ids, string text, int room, Func<ReadOnlySpan<int>, string> decode)
    {
        // Lengths nearly always grow with the number of ids: bytes that do not make a character yet can be longer than it is.
        var (low, high) = (0, ids.Length);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = decode(ids.AsSpan(0, middle)).Length <= room ? (middle, high) : (low, middle - 1);
        }
        for (var count = Math.Min(low + Further, ids.Length); count > 0; count--)
        {
            var beginning = decode(ids.AsSpan(0, count));
            if (beginning.Length <= room && text.StartsWith(beginning, StringComparison.Ordinal))
                return (count, beginning.Length);
        }
        return (0, 0);
    }
}
