using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Python's methods of str, by code point and without a culture.</summary>
internal static class PythonStrings
{
    private static readonly char[] LineBreaks =
        ['\n', '\r', '\v', '\f', '\u001c', '\u001d', '\u001e', '\u0085', '\u2028', '\u2029'];

    /// <param name="characters">Null: white space.</param>
    public static string Strip(TemplateRun run, string text, string? characters, bool left, bool right)
    {
        if (characters is not null)
            run.ChargeSearch(text, characters);
        var (start, end) = (0, text.Length);
        while (left && start < end && IsStripped(text, start, characters))
            start += Width(text, start);
        while (right && end > start && IsStripped(text, WidthBefore(text, end), characters))
            end = WidthBefore(text, end);
        return text[start..end];
    }

    public static TemplateSequence Split(TemplateRun run, string text, BoundArguments arguments, bool fromRight)
    {
        var separator = arguments.OptionalText("sep");
        var limit = arguments.Integer("maxsplit", -1);
        if (separator == "")
            throw run.Invalid("split() was given an empty separator");
        run.ChargeSearch(text, separator ?? " ");
        var cuts = separator is null ? SpaceCuts(text) : Cuts(text, separator);
        if (limit >= 0 && cuts.Count > limit)
            cuts = fromRight ? cuts[^(int)limit..] : cuts[..(int)limit];
        run.Charge(cuts.Count);
        var (parts, start) = (new List<object?>(cuts.Count + 1), 0);
        foreach (var (at, length) in cuts)
        {
            parts.Add(text[start..at]);
            start = at + length;
        }
        parts.Add(text[start..]);
        if (separator is not null)
            return new TemplateSequence(parts);
        // without a separator the ends are stripped; what a limit leaves uncut keeps its inner white space
        var last = (string)parts[^1]!;
        parts[^1] = Strip(run, last, null, left: false, right: limit < 0 || fromRight || cuts.Count < limit);
        parts[0] = Strip(run, (string)parts[0]!, null, left: limit < 0 || !fromRight || cuts.Count < limit, right: fromRight);
        return new TemplateSequence([.. parts.Where(p => ((string)p!).Length > 0)]);
    }

    public static TemplateSequence SplitLines(TemplateRun run, string text, bool keepEnds)
    {
        var lines = new List<object?>();
        for (var start = 0; start < text.Length;)
        {
            var at = text.IndexOfAny(LineBreaks, start);
            var end = at < 0 ? text.Length : at;
            var next = at < 0 ? end : at + (text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1);
            lines.Add(text[start..(keepEnds ? next : end)]);
            start = next;
        }
        run.Charge(lines.Count);
        return new TemplateSequence(lines);
    }

    /// <param name="affix">A string or a tuple of strings.</param>
    public static bool HasEnd(TemplateRun run, string text, object? affix, bool atStart) => affix switch
    {
        string end => atStart ? text.StartsWith(end, StringComparison.Ordinal) : text.EndsWith(end, StringComparison.Ordinal),
        TemplateSequence { Kind: TemplateSequenceKind.Tuple } ends =>
            ends.Items.Any(end => end is string && HasEnd(run, text, end, atStart)),
        _ => throw run.Invalid($"startswith() and endswith() take a string or a tuple of strings, not {PythonText.TypeName(affix)}"),
    };

    /// <param name="count">Negative: all.</param>
    public static string Replace(TemplateRun run, string text, string old, string replacement, long count)
    {
        run.ChargeSearch(text, old);
        var cuts = old.Length == 0 ? [.. Boundaries(text)] : Cuts(text, old);
        if (count >= 0 && cuts.Count > count)
            cuts = cuts[..(int)count];
        run.ChargeCharacters(text.Length + (long)cuts.Count * replacement.Length);
        var (result, start) = (new StringBuilder(), 0);
        foreach (var (at, length) in cuts)
        {
            result.Append(text, start, at - start).Append(replacement);
            start = at + length;
        }
        return result.Append(text, start, text.Length - start).ToString();
    }

    public static long Find(TemplateRun run, string text, string part)
    {
        run.ChargeSearch(text, part);
        var at = text.IndexOf(part, StringComparison.Ordinal);
        return at < 0 ? at : PythonText.Length(text[..at]);
    }

    public static long Count(TemplateRun run, string text, string part)
    {
        run.ChargeSearch(text, part);
        return part.Length == 0 ? PythonText.Length(text) + 1 : Cuts(text, part).Count;
    }

    public static string Join(TemplateRun run, string separator, IReadOnlyList<string> parts)
    {
        run.ChargeCharacters(parts.Sum(p => (long)p.Length) + (long)separator.Length * parts.Count);
        return string.Join(separator, parts);
    }

    public static string ChangeCase(string text, string name) => name switch
    {
        "upper" => Upper(text),
        "lower" => Lower(text),
        "capitalize" => Capitalized(text),
        _ => Title(text),
    };

    /// <summary>The first character in upper case, the rest in lower case.</summary>
    public static string Capitalized(string text) =>
        text.Length == 0 ? text : Upper(text[..Width(text, 0)]) + Lower(text[Width(text, 0)..]);

    // the one letter whose lower case is two characters
    private static string Lower(string text) => text.ToLowerInvariant().Replace("İ", "i\u0307", StringComparison.Ordinal);

    // the one letter of a living orthography whose upper case is two letters
    private static string Upper(string text) => text.ToUpperInvariant().Replace("ß", "SS", StringComparison.Ordinal);

    /// <summary>str.title: every run of letters is a word.</summary>
    private static string Title(string text)
    {
        var result = new StringBuilder(text.Length);
        var inWord = false;
        for (var i = 0; i < text.Length; i += Width(text, i))
        {
            var character = text.Substring(i, Width(text, i));
            result.Append(inWord ? Lower(character) : Upper(character));
            inWord = CharUnicodeInfo.GetUnicodeCategory(text, i) <= UnicodeCategory.TitlecaseLetter;
        }
        return result.ToString();
    }

    private static bool IsStripped(string text, int at, string? characters) => characters is null
        ? PythonText.IsSpace(text[at])
        : characters.AsSpan().IndexOf(text.AsSpan(at, Width(text, at))) >= 0;

    private static int Width(string text, int at) => at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;

    private static int WidthBefore(string text, int end) =>
        end >= 2 && char.IsSurrogatePair(text[end - 2], text[end - 1]) ? end - 2 : end - 1;

    private static List<(int At, int Length)> Cuts(string text, string part)
    {
        var cuts = new List<(int, int)>();
        var at = text.IndexOf(part, StringComparison.Ordinal);
        while (at >= 0)
        {
            cuts.Add((at, part.Length));
            at = text.IndexOf(part, at + part.Length, StringComparison.Ordinal);
        }
        return cuts;
    }

    /// <summary>Runs of white space between words.</summary>
    private static List<(int At, int Length)> SpaceCuts(string text)
    {
        var cuts = new List<(int, int)>();
        var end = text.Length;
        while (end > 0 && PythonText.IsSpace(text[end - 1]))
            end--;
        var i = 0;
        while (i < end && PythonText.IsSpace(text[i]))
            i++;
        while (i < end)
        {
            var start = i;
            while (i < end && PythonText.IsSpace(text[i]))
                i++;
            if (i > start)
                cuts.Add((start, i - start));
            else
                i++;
        }
        return cuts;
    }

    private static IEnumerable<(int At, int Length)> Boundaries(string text)
    {
        for (var i = 0; i < text.Length; i += Width(text, i))
            yield return (i, 0);
        yield return (text.Length, 0);
    }
}
