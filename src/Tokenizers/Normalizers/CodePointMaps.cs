using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>What the normalisers of single code points do with one.</summary>
internal static class CodePointMaps
{
    private const int Removed = CodePointNormalizer.Removed;

    /// <summary><c>StripAccents</c>: every mark goes.</summary>
    public static int WithoutMarks(int codePoint) => UnicodeTables.Instance.IsMark(codePoint) ? Removed : codePoint;

    /// <summary><c>strip_accents</c> of BERT, after NFD.</summary>
    public static int WithoutNonSpacingMarks(int codePoint) => UnicodeTables.Instance.IsNonSpacingMark(codePoint) ? Removed : codePoint;

    /// <summary>The simple mapping; U+0130 alone has a longer one, see <see cref="LowercaseNormalizer"/>.</summary>
    public static int Lower(int codePoint) =>
        codePoint < 128
            ? codePoint is >= 'A' and <= 'Z' ? codePoint | 0x20 : codePoint
            : Rune.IsValid(codePoint) ? Rune.ToLowerInvariant(new Rune(codePoint)).Value : codePoint;

    /// <summary><c>clean_text</c> of BERT: no control characters, no U+FFFD, and one kind of space.</summary>
    public static int Clean(int codePoint)
    {
        if (codePoint is '\t' or '\n' or '\r' || Characters.IsSpace(codePoint))
            return IsControl(codePoint) ? Removed : ' ';
        return codePoint is 0 or 0xFFFD || IsControl(codePoint) ? Removed : codePoint;
    }

    /// <summary><c>Nmt</c>: the characters that machine translation has no use for.</summary>
    public static int Nmt(int codePoint) => codePoint switch
    {
        >= 0x01 and <= 0x08 or 0x0B or >= 0x0E and <= 0x1F or 0x7F or 0x8F or 0x9F => Removed,
        0x09 or 0x0A or 0x0C or 0x0D or 0x1680 or >= 0x200B and <= 0x200F or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => ' ',
        _ => codePoint,
    };

    /// <summary>Of the format characters only those that the reference's older tables have.</summary>
    private static bool IsControl(int codePoint) => Characters.Category(codePoint) switch
    {
        UnicodeCategory.Control => codePoint is not ('\t' or '\n' or '\r'),
        UnicodeCategory.Format => codePoint is not (0x0890 or 0x0891 or 0x08E2 or 0x110CD or >= 0x13430 and <= 0x1343F),
        UnicodeCategory.PrivateUse => true,
        _ => false,
    };
}
