namespace XlLoraOnnx.Datasets;

/// <summary>A line of a tab-separated table: a quote is text, unless the field is quoted whole on its line.</summary>
/// <remarks>
/// A record is a line. <c>"a ""b"""</c> between two tabs is the field <c>a "b"</c>, and a tab may stand in it; <c>"a</c> and <c>a "b</c>
/// are what they say.
/// </remarks>
internal static class TabLine
{
    private const char Tab = '\t', Quote = '"';

    /// <param name="count">Fields of the header; null for the header itself.</param>
    public static string[] Split(string line, int? count)
    {
        if (!line.Contains(Quote, StringComparison.Ordinal))
            return line.Split(Tab);
        // The quotes of two fields may look like those around one that has a tab in it: the header says which.
        var cut = line.Split(Tab);
        for (var i = 0; i < cut.Length; i++)
        {
            if (QuotedLength(cut[i], 0) == cut[i].Length)
                cut[i] = Inside(cut[i]);
        }
        if (cut.Length == (count ?? cut.Length))
            return cut;
        var joined = SplitQuoted(line);
        return joined.Length == count ? joined : cut;
    }

    private static string[] SplitQuoted(string line)
    {
        var fields = new List<string>();
        for (var start = 0; start <= line.Length;)
        {
            var length = QuotedLength(line, start);
            var isQuoted = length > 0;
            if (!isQuoted)
            {
                var tab = line.IndexOf(Tab, start);
                length = (tab < 0 ? line.Length : tab) - start;
            }
            var field = line.Substring(start, length);
            fields.Add(isQuoted ? Inside(field) : field);
            start += length + 1;
        }
        return [.. fields];
    }

    /// <summary>Length of a field that is quoted from here to a tab or the end, with its quotes; 0 where none is.</summary>
    private static int QuotedLength(string line, int start)
    {
        if (start >= line.Length || line[start] != Quote)
            return 0;
        for (var i = start + 1; i < line.Length; i++)
        {
            if (line[i] != Quote)
                continue;
            if (i + 1 == line.Length || line[i + 1] == Tab)
                return i + 1 - start;
            if (line[i + 1] != Quote)
                return 0;
            i++;
        }
        return 0;
    }

    private static string Inside(string field) => field[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal);
}
