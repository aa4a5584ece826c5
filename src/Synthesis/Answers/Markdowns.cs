using System.Buffers;

namespace XlLoraOnnx.Synthesis;

/// <summary>Markup that a chat model puts around a sentence.</summary>
internal static class Markdowns
{
    private static readonly SearchValues<char> Signs = SearchValues.Create("*_#>`~");
    private static readonly string[] Fences = ["```", "~~~"];
    private static readonly string[] Emphases = ["***", "___", "**", "__", "~~", "*", "_"];
    private static readonly string[] LineMarks = ["#### ", "### ", "## ", "# ", "> "];

    /// <returns>The text without it; the same where it has none.</returns>
    public static string Cut(string text)
    {
        if (!text.AsSpan().ContainsAny(Signs))
            return text;
        var cut = Fence(text);
        foreach (var mark in LineMarks)
            if (cut.StartsWith(mark, StringComparison.Ordinal))
                cut = cut[mark.Length..].TrimStart();
        foreach (var mark in Emphases)
            cut = Emphasis(cut, mark);
        return cut;
    }

    private static string Fence(string text)
    {
        foreach (var fence in Fences)
        {
            if (!text.StartsWith(fence, StringComparison.Ordinal) || !text.EndsWith(fence, StringComparison.Ordinal) || text.Length < 7)
                continue;
            var line = text.IndexOf('\n', StringComparison.Ordinal);
            var start = line > 0 && line < 16 ? line : fence.Length;
            return start < text.Length - fence.Length ? text[start..^fence.Length].Trim() : text;
        }
        return text;
    }

    /// <summary>Takes away marks in pairs that enclose words: <c>2 * 3</c> and <c>snake_case</c> have none.</summary>
    private static string Emphasis(string text, string mark)
    {
        for (var open = text.IndexOf(mark, StringComparison.Ordinal); open >= 0;)
        {
            var start = open + mark.Length;
            var close = start < text.Length ? text.IndexOf(mark, start, StringComparison.Ordinal) : -1;
            if (close < 0)
                return text;
            var encloses = close > start && !char.IsWhiteSpace(text[start]) && !char.IsWhiteSpace(text[close - 1])
                && (open == 0 || !char.IsLetterOrDigit(text[open - 1]))
                && (close + mark.Length == text.Length || !char.IsLetterOrDigit(text[close + mark.Length]));
            if (encloses)
                text = string.Concat(text.AsSpan(0, open), text.AsSpan(start, close - start), text.AsSpan(close + mark.Length));
            var next = encloses ? close - mark.Length : close;
            open = next < text.Length ? text.IndexOf(mark, next, StringComparison.Ordinal) : -1;
        }
        return text;
    }
}
