namespace XlLoraOnnx.Tokenizers;

/// <summary>Hangul syllables are composed by arithmetic (Unicode Standard, section 3.12).</summary>
internal static class Hangul
{
    private const int Syllables = 0xAC00;
    private const int Leads = 0x1100;
    private const int Vowels = 0x1161;
    private const int Tails = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;

    public static bool IsSyllable(int codePoint) => codePoint is >= Syllables and < Syllables + LeadCount * VowelCount * TailCount;

    /// <returns>Lead, vowel and tail; the last may be missing.</returns>
    public static Jamo Decompose(int syllable)
    {
        var index = syllable - Syllables;
        var jamo = new Jamo();
        jamo[0] = Leads + index / (VowelCount * TailCount);
        jamo[1] = Vowels + index % (VowelCount * TailCount) / TailCount;
        jamo[2] = index % TailCount == 0 ? 0 : Tails + index % TailCount;
        return jamo;
    }

    /// <returns>−1 where the two do not compose.</returns>
    public static int Compose(int first, int second)
    {
        if (first is >= Leads and < Leads + LeadCount && second is >= Vowels and < Vowels + VowelCount)
            return Syllables + ((first - Leads) * VowelCount + (second - Vowels)) * TailCount;
        return IsSyllable(first) && (first - Syllables) % TailCount == 0 && second is > Tails and < Tails + TailCount
            ? first + second - Tails
            : -1;
    }

    [System.Runtime.CompilerServices.InlineArray(3)]
    public struct Jamo
    {
        private int _first;
    }
}
