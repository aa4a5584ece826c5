namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// Halves of surrogate pairs are no Unicode text. The reference, which reads UTF-8, sees U+FFFD in their place; so does everything here.
/// </summary>
internal static class LoneSurrogates
{
    private const char Replacement = '\uFFFD';

    /// <returns>Index of the first one; −1 if there is none.</returns>
    public static int IndexOf(ReadOnlySpan<char> text)
    {
        var next = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        if (next < 0)
            return -1;
        for (var i = next; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return i;
            i++;
        }
        return -1;
    }

    /// <summary>In place, and as long as before.</summary>
    public static void Replace(Span<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
                i++;
            else
                text[i] = Replacement;
        }
    }
}
