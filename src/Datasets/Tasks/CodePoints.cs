namespace XlLoraOnnx.Datasets;

/// <summary>Places in texts as files count them, in code points, and as .NET does.</summary>
internal static class CodePoints
{
    /// <returns>Null beyond the end.</returns>
    public static int? ToIndex(string text, int codePoints)
    {
        var index = 0;
        for (; codePoints > 0; codePoints--)
        {
            if (index >= text.Length)
                return null;
            index += IsPair(text, index) ? 2 : 1;
        }
        return index;
    }

    public static int FromIndex(string text, int index)
    {
        var points = 0;
        for (var i = 0; i < index; points++)
            i += IsPair(text, i) ? 2 : 1;
        return points;
    }

    public static int Count(string text) => FromIndex(text, text.Length);

    private static bool IsPair(string text, int index) => index + 1 < text.Length && char.IsSurrogatePair(text[index], text[index + 1]);
}
