namespace XlLoraOnnx.Tokenizers;

/// <summary>Normalisers that look at one code point at a time: it stays, becomes another, or goes.</summary>
/// <param name="map">−1 takes the character away.</param>
internal sealed class CodePointNormalizer(Func<int, int> map) : INormalizer
{
    public const int Removed = -1;

    public void Normalize(WorkingText text)
    {
        if (FirstChange(text.Chars) < 0)
            return;
        text.BeginRewrite();
        Span<char> units = stackalloc char[2];
        for (var i = 0; i < text.Length;)
        {
            var codePoint = Characters.At(text.Chars, i, out var width);
            var mapped = map(codePoint);
            if (mapped == codePoint)
                text.Copy(i, width);
            else if (mapped != Removed)
                text.Write(units[..Encode(mapped, units)], i, i + width);
            i += width;
        }
        text.EndRewrite();
    }

    private int FirstChange(ReadOnlySpan<char> chars)
    {
        for (var i = 0; i < chars.Length;)
        {
            var codePoint = Characters.At(chars, i, out var width);
            if (map(codePoint) != codePoint)
                return i;
            i += width;
        }
        return -1;
    }

    private static int Encode(int codePoint, Span<char> units) => new System.Text.Rune(codePoint).EncodeToUtf16(units);
}
