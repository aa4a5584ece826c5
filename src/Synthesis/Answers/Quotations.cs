using System.Buffers;

namespace XlLoraOnnx.Synthesis;

/// <summary>Quotes around a whole text, of all scripts.</summary>
internal static class Quotations
{
    private const string Pairs = "\"\"“”„“„”””«»»«‹›「」『』《》‘’‚‘''``〝〟＂＂｢｣";
    private static readonly SearchValues<char> Marks = SearchValues.Create(Pairs);
    private static readonly SearchValues<char> DoubleMarks = SearchValues.Create("\"“”„«»「」『』《》〝〟＂｢｣");

    /// <summary>Characters that open a quotation and are no apostrophe.</summary>
    public static SearchValues<char> Openers { get; } = SearchValues.Create("\"“„«「『〝＂");

    /// <returns>NUL for a character that opens none.</returns>
    public static char ClosingOf(char opening) => opening switch
    {
        '"' => '"',
        '“' => '”',
        '„' => '“',
        '«' => '»',
        '「' => '」',
        '『' => '』',
        '〝' => '〟',
        '＂' => '＂',
        _ => '\0',
    };

    /// <returns>The text without the quotes around all of it; the same where it has none, or where only a part is quoted.</returns>
    public static string Cut(string text)
    {
        if (text.Length < 2 || !Marks.Contains(text[0]) && !EndsWithMark(text))
            return text;
        var end = EndsWithMark(text) ? text.Length : text.Length - 1;
        if (Marks.Contains(text[0]) && end > 1 && IsPair(text[0], text[end - 1])
            && !IsQuotedInParts(text.AsSpan(1, end - 2), text[0], text[end - 1]))
            return Join(text.AsSpan(1, end - 2).Trim(), text.AsSpan(end));
        return CutLoneMark(text);
    }

    private static bool EndsWithMark(string text) => Marks.Contains(text[^1]);

    private static bool IsPair(char open, char close)
    {
        for (var i = 0; i < Pairs.Length; i += 2)
            if (Pairs[i] == open && Pairs[i + 1] == close)
                return true;
        return false;
    }

    /// <summary>As in <c>"No," she said. "Never."</c>; apostrophes inside words do not count.</summary>
    private static bool IsQuotedInParts(ReadOnlySpan<char> inner, char open, char close)
    {
        for (var i = 0; i < inner.Length; i++)
        {
            var isInWord = i > 0 && i + 1 < inner.Length && char.IsLetter(inner[i - 1]) && char.IsLetter(inner[i + 1]);
            if ((inner[i] == open || inner[i] == close) && !isInWord)
                return true;
        }
        return inner.IsEmpty;
    }

    /// <summary><c>"A sentence".</c> keeps its full stop unless it has one inside.</summary>
    private static string Join(ReadOnlySpan<char> inner, ReadOnlySpan<char> after) =>
        inner.Length > 0 && inner[^1] is '.' or '!' or '?' or '。' or '！' or '？' or '।' ? inner.ToString() : string.Concat(inner, after);

    /// <summary>A single double quote at an edge, whose partner was never written or was cut away with something else.</summary>
    private static string CutLoneMark(string text)
    {
        var atStart = DoubleMarks.Contains(text[0]);
        var atEnd = DoubleMarks.Contains(text[^1]) && !char.IsDigit(text[^2]);
        if (atStart == atEnd || text.AsSpan(1, text.Length - 2).ContainsAny(DoubleMarks))
            return text;
        return atStart ? text[1..].TrimStart() : text[..^1].TrimEnd();
    }
}
