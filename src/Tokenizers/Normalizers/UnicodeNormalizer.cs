namespace XlLoraOnnx.Tokenizers;

/// <summary><c>NFD</c>, <c>NFKD</c>, <c>NFC</c>, <c>NFKC</c> (Unicode Standard Annex 15).</summary>
internal sealed class UnicodeNormalizer(bool compatible, bool compose) : INormalizer
{
    // Below it nothing decomposes; below the first combining character nothing composes either.
    private const char FirstDecomposed = '\u00A0';
    private const char FirstMark = '\u0300';

    [ThreadStatic]
    private static CodePointBuffer? _buffer;

    private readonly UnicodeTables _tables = UnicodeTables.Instance;

    public void Normalize(WorkingText text)
    {
        var first = compose && !compatible ? FirstMark : FirstDecomposed;
        if (text.Chars.IndexOfAnyInRange(first, '\uFFFF') < 0)
            return;
        var buffer = _buffer ??= new CodePointBuffer();
        buffer.Clear();
        Decompose(text, buffer);
        if (compose)
            Compose(buffer);
        text.BeginRewrite();
        Span<char> units = stackalloc char[2];
        for (var i = 0; i < buffer.Count; i++)
        {
            var (codePoint, from, to) = buffer[i];
            text.Write(units[..Encode(codePoint, units)], from, to);
        }
        text.EndRewrite();
    }

    private void Decompose(WorkingText text, CodePointBuffer buffer)
    {
        var marks = 0; // how many at the end of the buffer have a combining class
        for (var i = 0; i < text.Length;)
        {
            var codePoint = Characters.At(text.Chars, i, out var width);
            if (Hangul.IsSyllable(codePoint))
            {
                SortMarks(buffer, marks);
                foreach (var jamo in Hangul.Decompose(codePoint))
                {
                    if (jamo != 0)
                        buffer.Add(jamo, i, i + width);
                }
                marks = 0;
            }
            else if (codePoint >= FirstDecomposed && _tables.Decompose(codePoint, compatible) is { } parts)
            {
                foreach (var part in parts)
                    marks = Append(part, i, i + width, marks, buffer);
            }
            else
                marks = Append(codePoint, i, i + width, marks, buffer);
            i += width;
        }
        SortMarks(buffer, marks);
    }

    private int Append(int codePoint, int from, int to, int marks, CodePointBuffer buffer)
    {
        var marked = _tables.ClassOf(codePoint) != 0;
        if (!marked)
            SortMarks(buffer, marks);
        buffer.Add(codePoint, from, to);
        return marked ? marks + 1 : 0;
    }

    private void SortMarks(CodePointBuffer buffer, int marks)
    {
        if (marks > 1)
            buffer.SortLast(marks, _tables);
    }

    /// <summary>Every character with the last starter before it, unless a mark between blocks it.</summary>
    private void Compose(CodePointBuffer buffer)
    {
        var starter = -1;
        var written = 0;
        var lastClass = 0;
        for (var i = 0; i < buffer.Count; i++)
        {
            var (codePoint, from, to) = buffer[i];
            var combiningClass = _tables.ClassOf(codePoint);
            var adjacent = starter >= 0 && starter == written - 1;
            if (starter >= 0 && (adjacent || (lastClass != 0 && lastClass < combiningClass))
                && Composite(buffer[starter].CodePoint, codePoint) is >= 0 and var composite)
            {
                buffer[starter] = (composite, buffer[starter].From, Math.Max(to, buffer[starter].To));
                continue;
            }
            if (combiningClass == 0)
                starter = written;
            lastClass = combiningClass;
            buffer[written++] = (codePoint, from, to);
        }
        buffer.Cut(written);
    }

    private int Composite(int first, int second) =>
        Hangul.Compose(first, second) is >= 0 and var syllable ? syllable : _tables.Compose(first, second);

    private static int Encode(int codePoint, Span<char> units) => new System.Text.Rune(codePoint).EncodeToUtf16(units);
}
