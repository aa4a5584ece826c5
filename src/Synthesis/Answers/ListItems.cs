namespace XlLoraOnnx.Synthesis;

/// <summary>An answer written as a list: its first item is the answer.</summary>
internal static class ListItems
{
    /// <returns>The first item without its mark; the same where it is no list.</returns>
    public static string Cut(string text)
    {
        var mark = MarkLength(text, 1);
        if (mark == 0)
            return text;
        var next = text.IndexOf('\n', StringComparison.Ordinal);
        if (next < 0)
            return char.IsDigit(text[0]) ? text : text[mark..].TrimStart();
        return MarkLength(text.AsSpan(next).TrimStart(), 2) > 0 ? text[mark..next].Trim() : text;
    }

    /// <summary>A number and a stop, or a bullet; a dash that begins direct speech in many languages is a longer one.</summary>
    private static int MarkLength(ReadOnlySpan<char> text, int number)
    {
        if (text.Length > 2 && text[0] is '-' or '*' or '•' && text.Length > 1 && text[1] == ' ')
            return 2;
        return text.Length > 3 && text[0] == (char)('0' + number) && text[1] is '.' or ')' && text[2] == ' ' ? 3 : 0;
    }
}
