namespace XlLoraOnnx.Evaluation;

/// <summary>Texts as Python sees them, in which sacreBLEU's definitions are written: code points, and its set of white space.</summary>
internal static class PythonText
{
    /// <summary><c>str.isspace</c>: .NET's white space, and the four separators U+001C to U+001F.</summary>
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\x1c' and <= '\x1f';

    /// <summary><c>str.split()</c></summary>
    public static List<string> Split(string text)
    {
        var words = new List<string>();
        for (int start = 0, i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !IsSpace(text[i]))
                continue;
            if (i > start)
                words.Add(text[start..i]);
            start = i + 1;
        }
        return words;
    }

    /// <summary><c>str.strip()</c> or <c>str.rstrip()</c></summary>
    public static string Strip(string text, bool left)
    {
        var (start, end) = (0, text.Length);
        while (end > 0 && IsSpace(text[end - 1]))
            end--;
        while (left && start < end && IsSpace(text[start]))
            start++;
        return text[start..end];
    }

    /// <summary>The code points; half a surrogate pair is one of its own.</summary>
    public static List<int> CodePoints(string text, bool withSpace)
    {
        var points = new List<int>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (!withSpace && IsSpace(text[i]))
                continue;
            var isPair = i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]);
            points.Add(isPair ? char.ConvertToUtf32(text[i], text[i + 1]) : text[i]);
            i += isPair ? 1 : 0;
        }
        return points;
    }
}
