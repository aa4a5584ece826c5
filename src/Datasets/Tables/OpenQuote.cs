namespace XlLoraOnnx.Datasets;

/// <summary>In a tab-separated table of one column: a quote that is opened on one line and closed on a later one.</summary>
/// <remarks>
/// In tables of several columns such a line has too few fields. In one column both readings are whole: two texts with a quote each, or one
/// text over two lines, as writers that quote leave it.
/// </remarks>
internal sealed class OpenQuote
{
    private const char Quote = '"';

    private long _opened;

    /// <param name="line">The next one; blank lines may be left out.</param>
    /// <param name="number">Of the line, from 1.</param>
    /// <returns>The line where a quote was opened that this one closes; null where it closes none.</returns>
    public long? ClosedBy(string line, long number)
    {
        if (_opened > 0)
        {
            switch (EndOf(line, 0))
            {
                case null:
                    return null;
                case var end when end == line.Length - 1:
                    return _opened;
            }
            // a quote in the midst of it: those before were text, too
        }
        _opened = line[0] == Quote && EndOf(line, 1) is null ? number : 0;
        return null;
    }

    /// <summary>Where the first quote is that is not doubled; null where none is.</summary>
    private static int? EndOf(string line, int start)
    {
        for (var i = start; i < line.Length; i++)
        {
            if (line[i] != Quote)
                continue;
            if (i + 1 == line.Length || line[i + 1] != Quote)
                return i;
            i++;
        }
        return null;
    }
}
