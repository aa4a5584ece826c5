using System.Text;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>What BLEU counts as words: sacreBLEU's tokenizers 13a, zh, char and none.</summary>
internal static partial class BleuTokens
{
    public static IReadOnlyList<string> Of(string text, BleuTokenization tokenization)
    {
        text = PythonText.Strip(text, left: false);
        return tokenization switch
        {
            BleuTokenization.Mteval13a => Mteval($" {WithoutEntities(text)} "),
            BleuTokenization.Chinese => Mteval(WithSpacesAroundChinese(PythonText.Strip(text, left: true))),
            BleuTokenization.Characters => [.. PythonText.CodePoints(text, withSpace: false).Select(Text)],
            _ => PythonText.Split(text),
        };
    }

    public static string NameOf(BleuTokenization tokenization) => tokenization switch
    {
        BleuTokenization.Mteval13a => "13a",
        BleuTokenization.Chinese => "zh",
        BleuTokenization.Characters => "char",
        _ => "none",
    };

    /// <summary>What mteval-v13a.pl undoes of SGML before it tokenizes.</summary>
    private static string WithoutEntities(string text)
    {
        text = text.Replace("<skipped>", "", StringComparison.Ordinal).Replace("-\n", "", StringComparison.Ordinal).Replace('\n', ' ');
        return !text.Contains('&') ? text : text
            .Replace("&quot;", "\"", StringComparison.Ordinal).Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
    }

    private static List<string> Mteval(string text)
    {
        text = Punctuation().Replace(text, " $0 ");
        text = PointBehindOther().Replace(text, "$1 $2 ");
        text = PointBeforeOther().Replace(text, " $1 $2");
        return PythonText.Split(DashBehindDigit().Replace(text, "$1 $2 "));
    }

    private static string WithSpacesAroundChinese(string text)
    {
        var result = new StringBuilder(text.Length * 2);
        foreach (var c in text)
        {
            if (IsChinese(c))
                result.Append(' ').Append(c).Append(' ');
            else
                result.Append(c);
        }
        return result.ToString();
    }

    /// <summary>The blocks that sacreBLEU's tokenizer_zh.py names.</summary>
    /// <remarks>It means U+20000 to U+2A6D6 and writes <c>\u20000</c> and <c>\u2a6d6</c>, which Python reads as four digits and a
    /// character: so U+2001 to U+2A6D count as Chinese, dashes and quotes among them, and the extension B does not. Scores are defined by
    /// that.</remarks>
    private static bool IsChinese(char c) => c is
        (>= '\u2001' and <= '\u2a6d') or (>= '\u2e80' and <= '\u2fdf') or (>= '\u2ff0' and <= '\u303f') or (>= '\u3100' and <= '\u312f')
        or (>= '\u31a0' and <= '\u31bf') or (>= '\u31c0' and <= '\u31ef') or (>= '\u3200' and <= '\u4db5') or (>= '\u4e00' and <= '\u9fbb')
        or (>= '\uf900' and <= '\ufa2d') or (>= '\ufa30' and <= '\ufa6a') or (>= '\ufa70' and <= '\ufad9') or (>= '\ufe10' and <= '\ufe1f')
        or (>= '\ufe30' and <= '\ufe4f') or (>= '\uff00' and <= '\uffef');

    // Half a surrogate pair has no text of its own; no other code point is as long.
    private static string Text(int codePoint) =>
        codePoint is >= 0xD800 and < 0xE000 ? ((char)codePoint).ToString() : char.ConvertFromUtf32(codePoint);

    // ASCII punctuation but for . , - and ', which stand within words and numbers
    [GeneratedRegex(@"[!-&(-+:-@/\[-`{-~]", RegexOptions.CultureInvariant)]
    private static partial Regex Punctuation();

    [GeneratedRegex("([^0-9])([.,])", RegexOptions.CultureInvariant)]
    private static partial Regex PointBehindOther();

    [GeneratedRegex("([.,])([^0-9])", RegexOptions.CultureInvariant)]
    private static partial Regex PointBeforeOther();

    [GeneratedRegex("([0-9])(-)", RegexOptions.CultureInvariant)]
    private static partial Regex DashBehindDigit();
}
