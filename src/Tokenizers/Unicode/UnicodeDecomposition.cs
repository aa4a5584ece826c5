namespace XlLoraOnnx.Tokenizers;

/// <summary>Unicode decompositions that do not depend on ICU, which .NET needs for its own (UAX #15; Unicode Standard, 3.12).</summary>
public static class UnicodeDecomposition
{
    /// <summary>Room for the longest decomposition of one character, in code points.</summary>
    public const int MaxLength = 18;

    /// <summary>The full compatibility decomposition (NFKD) of one code point.</summary>
    /// <param name="codePoint">Any code point.</param>
    /// <param name="parts">Room for <see cref="MaxLength"/> code points.</param>
    /// <returns>How many were written; 0 where the character stays.</returns>
    public static int Decompose(int codePoint, Span<int> parts)
    {
        if (Hangul.IsSyllable(codePoint))
        {
            var jamo = Hangul.Decompose(codePoint);
            (parts[0], parts[1]) = (jamo[0], jamo[1]);
            if (jamo[2] == 0)
                return 2;
            parts[2] = jamo[2];
            return 3;
        }
        if (UnicodeTables.Instance.Decompose(codePoint, compatible: true) is not { } whole)
            return 0;
        whole.CopyTo(parts);
        return whole.Length;
    }

    /// <summary>The canonical combining class; 0 for what is no mark.</summary>
    public static int CombiningClass(int codePoint) => UnicodeTables.Instance.ClassOf(codePoint);
}
