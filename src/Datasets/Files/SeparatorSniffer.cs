namespace XlLoraOnnx.Datasets;

/// <summary>What separates the fields of a table: that which each of its first lines has, outside of quotes, and most often.</summary>
/// <remarks>Where rows go over several lines no line need have any; then the first line decides.</remarks>
internal static class SeparatorSniffer
{
    private const string Candidates = "\t,;";
    private const int MaxLines = 20;

    /// <param name="text">The beginning of the table, from its header or first row.</param>
    /// <param name="promised">By the ending; it stays where the lines have no more of any other.</param>
    public static char Find(ReadOnlySpan<byte> text, char promised)
    {
        Span<int> least = [int.MaxValue, int.MaxValue, int.MaxValue];
        Span<int> counts = stackalloc int[Candidates.Length], first = stackalloc int[Candidates.Length];
        for (var lines = 0; lines < MaxLines && !text.IsEmpty; lines++)
        {
            var line = DataSniffer.FirstLine(text);
            // the last one may be cut
            if (lines > 0 && line.Length == text.Length)
                break;
            Count(line, counts);
            if (lines == 0)
                counts.CopyTo(first);
            for (var i = 0; i < least.Length; i++)
                least[i] = Math.Min(least[i], counts[i]);
            text = text[Math.Min(line.Length + 1, text.Length)..];
        }
        var best = Candidates.IndexOf(promised, StringComparison.Ordinal);
        for (var i = 0; i < least.Length; i++)
        {
            if ((least[i], first[i]).CompareTo((least[best], first[best])) > 0)
                best = i;
        }
        return Candidates[best];
    }

    private static void Count(ReadOnlySpan<byte> line, Span<int> counts)
    {
        // A quote that stays open is text, as in tables that know no quotes.
        if (Count(line, counts, knowsQuotes: true))
            Count(line, counts, knowsQuotes: false);
    }

    /// <returns>Whether a quote stayed open.</returns>
    private static bool Count(ReadOnlySpan<byte> line, Span<int> counts, bool knowsQuotes)
    {
        counts.Clear();
        var isOpen = false;
        foreach (var letter in line)
        {
            if (letter == '"' && knowsQuotes)
                isOpen = !isOpen;
            else if (!isOpen && Candidates.IndexOf((char)letter, StringComparison.Ordinal) is >= 0 and var place)
                counts[place]++;
        }
        return isOpen;
    }
}
