using System.Globalization;
using System.Text;

namespace XlLoraOnnx;

/// <summary>How foreign text and numbers are written in a dataset or model card: nothing in them is markup.</summary>
internal static class CardText
{
    /// <summary>A YAML double-quoted scalar.</summary>
    /// <remarks>Not JSON: YAML does not join escaped surrogates, so characters beyond U+FFFF stay as they are.</remarks>
    public static string Yaml(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '"' or '\\')
                quoted.Append('\\').Append((char)rune.Value);
            else if (IsHidden(rune))
                quoted.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:X8}");
            else
                quoted.Append(rune.ToString());
        }
        return quoted.Append('"').ToString();
    }

    /// <summary>Text of a paragraph or a table cell, in one line.</summary>
    public static string Inline(string text)
    {
        var escaped = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (MeansSomething(rune, atStart: escaped.Length == 0))
                escaped.Append('\\').Append((char)rune.Value);
            else
                escaped.Append(IsHidden(rune) ? " " : rune.ToString());
        }
        return escaped.ToString().Trim();
    }

    /// <summary>A code span in one line.</summary>
    public static string Code(string text)
    {
        var line = string.Concat(text.EnumerateRunes().Select(r => IsHidden(r) ? " " : r.ToString())).Trim();
        var fence = new string('`', LongestRun(line, '`') + 1);
        var space = line.StartsWith('`') || line.EndsWith('`') || line.Length == 0 ? " " : "";
        return fence + space + line + space + fence;
    }

    /// <summary>A block of code, as it is.</summary>
    public static string Block(string text)
    {
        var fence = new string('`', Math.Max(3, LongestRun(text, '`') + 1));
        return $"{fence}text\n{text.ReplaceLineEndings("\n").TrimEnd('\n')}\n{fence}\n";
    }

    public static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A share as a percentage; a dash where there is nothing to divide by.</summary>
    public static string Percent(long part, long whole) =>
        whole > 0 ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * part / whole:0.0} %") : "–";

    public static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    // Punctuation of ordinary names (gemma-3-27b.q4) means something only at the start of a line.
    private static bool MeansSomething(Rune rune, bool atStart) =>
        rune.IsAscii && (atStart ? "\\`*_{}[]<>|~&$#+-.!():@" : "\\`*_{}[]<>|~&$").Contains((char)rune.Value, StringComparison.Ordinal);

    /// <summary>Controls, line ends and marks that turn the direction of what follows.</summary>
    private static bool IsHidden(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        || rune.Value is 0xFEFF or (>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069);

    private static int LongestRun(string text, char character)
    {
        var longest = 0;
        var run = 0;
        foreach (var c in text)
        {
            run = c == character ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }
        return longest;
    }
}
