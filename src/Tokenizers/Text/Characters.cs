using System.Globalization;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Characters as the reference sees them: code points, never halves of surrogate pairs.</summary>
internal static class Characters
{
    private const byte LetterFlag = 1;
    private const byte NumberFlag = 2;
    private const byte SpaceFlag = 4;

    private static readonly byte[] Classes = ClassesOfTheBasicPlane();

    /// <param name="width">UTF-16 units.</param>
    public static int At(ReadOnlySpan<char> text, int index, out int width)
    {
        var c = text[index];
        if (!char.IsHighSurrogate(c) || index + 1 >= text.Length || !char.IsLowSurrogate(text[index + 1]))
        {
            width = 1;
            return c;
        }
        width = 2;
        return char.ConvertToUtf32(c, text[index + 1]);
    }

    /// <summary>\p{L}</summary>
    public static bool IsLetter(int codePoint) => (ClassOf(codePoint) & LetterFlag) != 0;

    /// <summary>\p{N}: Nd, Nl and No.</summary>
    public static bool IsNumber(int codePoint) => (ClassOf(codePoint) & NumberFlag) != 0;

    /// <summary>The property White_Space.</summary>
    public static bool IsSpace(int codePoint) => (ClassOf(codePoint) & SpaceFlag) != 0;

    public static bool IsLetterOrNumberOrSpace(int codePoint) => ClassOf(codePoint) != 0;

    /// <summary>ASCII punctuation and symbols, and \p{P} as the reference knows it.</summary>
    public static bool IsPunctuation(int codePoint) =>
        codePoint < 128
            ? char.IsPunctuation((char)codePoint) || char.IsSymbol((char)codePoint)
            : Category(codePoint) is >= UnicodeCategory.ConnectorPunctuation and <= UnicodeCategory.OtherPunctuation
                ? !UnicodeTables.Instance.IsLaterPunctuation(codePoint)
                : codePoint is 0x166D or 0x111C9; // which Unicode 12 and 11 made a symbol and a mark

    /// <summary>\w of Unicode TR 18: Alphabetic, marks, decimal digits, connectors and joiners.</summary>
    public static bool IsWord(int codePoint) => Category(codePoint) switch
    {
        <= UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        UnicodeCategory.OtherSymbol => IsLetterLikeSymbol(codePoint),
        UnicodeCategory.Format => codePoint is 0x200C or 0x200D,
        _ => false,
    };

    /// <summary>Letters in circles and squares, which are alphabetic although they are symbols.</summary>
    public static bool IsLetterLikeSymbol(int codePoint) => codePoint is >= 0x24B6 and <= 0x24E9
        or >= 0x1F130 and <= 0x1F149 or >= 0x1F150 and <= 0x1F169 or >= 0x1F170 and <= 0x1F189;

    public static UnicodeCategory Category(int codePoint) => CharUnicodeInfo.GetUnicodeCategory(codePoint);

    private static int ClassOf(int codePoint) => codePoint < Classes.Length ? Classes[codePoint] : ClassFromCategory(codePoint);

    private static byte[] ClassesOfTheBasicPlane()
    {
        var classes = new byte[0x10000];
        for (var c = 0; c < classes.Length; c++)
            classes[c] = ClassFromCategory(c);
        return classes;
    }

    private static byte ClassFromCategory(int codePoint) => Category(codePoint) switch
    {
        <= UnicodeCategory.OtherLetter => LetterFlag,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => NumberFlag,
        _ => codePoint < 0x10000 && char.IsWhiteSpace((char)codePoint) ? SpaceFlag : (byte)0,
    };
}
