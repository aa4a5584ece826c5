using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// Regular expressions of the reference (Oniguruma, Ruby syntax) said in the words of .NET. What .NET would read otherwise is refused.
/// </summary>
internal static class RegexSyntax
{
    // \w of the reference has all marks and letter numbers, that of .NET only some; and these fractions and digits, but not in a class.
    private const string Word = @"\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u24B6-\u24E9";
    private const string WordAlone = Word + @"\u00B2\u00B3\u00B9\u00BC-\u00BE";

    /// <returns>The pattern for .NET; or why there is none.</returns>
    public static (string? Translated, string? Refusal) Translate(string pattern)
    {
        if (pattern.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
            return (null, "characters beyond U+FFFF");
        if (pattern.Contains("&&", StringComparison.Ordinal))
            return (null, "intersections of classes (&&)");
        if (pattern.Contains("[[:", StringComparison.Ordinal) || pattern.Contains(":]", StringComparison.Ordinal))
            return (null, "POSIX classes ([:name:])");
        var result = new StringBuilder(pattern.Length);
        var depth = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                if (Escape(pattern[++i], depth > 0, result) is { } refusal)
                    return (null, refusal);
                continue;
            }
            if (c == '[' && depth > 0)
                return (null, "a class within a class");
            depth += c == '[' ? 1 : c == ']' && depth > 0 ? -1 : 0;
            if (depth == 0 && c == '+' && i > 0 && pattern[i - 1] is '+' or '?' or '*')
                return (null, "possessive quantifiers (++, ?+, *+)");
            result.Append(c);
        }
        return (result.ToString(), null);
    }

    private static string? Escape(char c, bool inClass, StringBuilder result)
    {
        switch (c)
        {
            case 'w':
                result.Append(inClass ? Word : $"[{WordAlone}]");
                return null;
            case 'W' when !inClass:
                result.Append($"[^{WordAlone}]");
                return null;
            case 'h' or 'H' or 'R' or 'X' or 'K' or 'G' or 'b' or 'B' or 'x' or 'g' or 'k' or 'W'
                or (>= '1' and <= '9') or 'Z' or 'y' or 'Y' or 'N' or 'O':
                return $@"\{c}{(inClass ? " within a class" : "")}";
            default:
                result.Append('\\').Append(c);
                return null;
        }
    }
}
