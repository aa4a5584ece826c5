using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// <c>Precompiled</c>: grapheme by grapheme. A grapheme of fewer than six bytes that begins with a key of the map is replaced as a whole;
/// of any other, each character by itself. That drops some combining marks; SentencePiece's models were trained with it.
/// </summary>
internal sealed class PrecompiledNormalizer(CharacterMap map) : INormalizer
{
    private const int LongestGrapheme = 5;

    public void Normalize(WorkingText text)
    {
        var start = FirstChange(text.Chars);
        if (start == text.Length)
            return;
        text.BeginRewrite();
        text.Copy(0, start);
        for (var i = start; i < text.Length;)
        {
            var length = GraphemeLength(text.Chars, i);
            var grapheme = text.Chars.Slice(i, length);
            if (length <= LongestGrapheme && System.Text.Encoding.UTF8.GetByteCount(grapheme) <= LongestGrapheme
                && map.Find(grapheme) is { } whole)
                text.Write(whole, i, i + length);
            else
                ReplaceEach(text, i, i + length);
            i += length;
        }
        text.EndRewrite();
    }

    private void ReplaceEach(WorkingText text, int start, int end)
    {
        for (var i = start; i < end;)
        {
            Characters.At(text.Chars, i, out var width);
            if (map.Find(text.Chars.Slice(i, width)) is { } replacement)
                text.Write(replacement, i, i + width);
            else
                text.Copy(i, width);
            i += width;
        }
    }

    /// <summary>ASCII that the map leaves alone; most texts have nothing else.</summary>
    private int FirstChange(ReadOnlySpan<char> chars)
    {
        var i = 0;
        while (i < chars.Length && chars[i] < 128 && (i + 1 == chars.Length || chars[i + 1] < 128) && map.Find(chars.Slice(i, 1)) is null)
            i++;
        return i;
    }

    private static int GraphemeLength(ReadOnlySpan<char> chars, int start)
    {
        var c = chars[start];
        if (c < 128 && (start + 1 == chars.Length || (chars[start + 1] < 128 && c != '\r')))
            return 1;
        return StringInfo.GetNextTextElementLength(chars[start..]);
    }
}
