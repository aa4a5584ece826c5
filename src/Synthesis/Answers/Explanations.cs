using System.Buffers;

namespace XlLoraOnnx.Synthesis;

/// <summary>Words after the sentence that explain it, or a second sentence with a label.</summary>
internal static class Explanations
{
    private static readonly SearchValues<char> Signs = SearchValues.Create("\n:：(-–—");
    private static readonly SearchValues<string> Stems = SearchValues.Create(
        ["premise", "entail", "contradict", "hypothesis", "explanation", "implies", "implied", "original sentence", "follows from"],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>Labels that end an answer wherever a sentence has ended before them; a colon follows.</summary>
    private static readonly string[] Labels =
    [
        "Explanation", "Reasoning", "Rationale", "Justification", "Explicación", "Explication", "Erklärung", "Begründung", "Explicação",
        "Spiegazione", "Uitleg", "Verklaring", "Verduideliking", "Penjelasan", "Maelezo", "Bayani", "व्याख्या", "स्पष्टीकरण", "వివరణ", "설명",
        "解释", "解釋", "说明", "解説", "説明", "Объяснение", "Пояснення", "Açıklama", "Giải thích", "شرح", "توضیح",
    ];

    /// <summary>What begins a line that is no part of the answer.</summary>
    private static readonly string[] LineStarts =
    [
        "Note:", "Note that this", "Reason:", "Why:", "This sentence ", "This statement ", "This contradicts", "This directly contradicts",
        "This is a contradiction", "This is an entailment", "This entails", "This follows", "This is because", "The premise ",
        "The sentence ", "The original sentence", "I hope this", "Let me know", "Would you like", "Do you want", "Is there anything",
        "Feel free", "Here's why", "Here is why", "Other options", "Another ", "Alternatively", "Or:", "---", "***",
    ];

    /// <returns>The text without it; the same where it has none.</returns>
    public static string Cut(string text)
    {
        if (!text.AsSpan().ContainsAny(Signs))
            return text;
        var end = Math.Min(Math.Min(EndByLine(text), EndByDash(text)), Math.Min(EndByLabel(text), EndByParenthesis(text)));
        return end == text.Length ? text : text.AsSpan(0, end).TrimEnd(" \t\r\n*#-").ToString();
    }

    private static int EndByLine(string text)
    {
        for (var at = text.IndexOf('\n', StringComparison.Ordinal); at >= 0; at = text.IndexOf('\n', at + 1))
        {
            var line = text.AsSpan(at + 1).TrimStart(" \t*#_>(\r\n-");
            if (line.IsEmpty)
                return text.Length;
            var end = line.IndexOf('\n');
            if (StartsWithAny(line, LineStarts) || StartsWithLabel(line) || Preambles.IsLabelled(end < 0 ? line : line[..end])
                || IsNewParagraph(text, at) && (end < 0 ? line : line[..end]).ContainsAny(Stems))
                return at;
        }
        return text.Length;
    }

    /// <summary>After a blank line, or in parentheses.</summary>
    private static bool IsNewParagraph(string text, int lineFeed) =>
        text[lineFeed + 1] is '\n' or '\r' or '(' || lineFeed > 0 && text[lineFeed - 1] is '\n' or '\r';

    private static int EndByLabel(string text)
    {
        for (var at = 1; at < text.Length; at++)
        {
            if (text[at] is not (':' or '：'))
                continue;
            foreach (var label in Labels)
            {
                var start = at - label.Length - (text[at - 1] == ' ' ? 1 : 0);
                if (start > 1 && text.AsSpan(start, label.Length).Equals(label, StringComparison.OrdinalIgnoreCase)
                    && EndsSentence(text.AsSpan(0, start)))
                    return start;
            }
        }
        return text.Length;
    }

    private static bool EndsSentence(ReadOnlySpan<char> before) =>
        before.TrimEnd(" *_(\n") is { Length: > 0 } sentence && sentence[^1] is '.' or '!' or '?' or '。' or '！' or '？' or '।' or '"' or '”';

    /// <summary><c>… (This contradicts the premise because …)</c> at the end.</summary>
    private static int EndByParenthesis(string text)
    {
        var open = text.LastIndexOf('(');
        return open > 0 && text.AsSpan().TrimEnd(" .*\n") is [.., ')'] && text.AsSpan(open).ContainsAny(Stems) ? open : text.Length;
    }

    /// <summary><c>"…" – Entailment</c> at the end.</summary>
    private static int EndByDash(string text)
    {
        var dash = text.AsSpan().LastIndexOfAny('-', '–', '—');
        return dash > 1 && EndsSentence(text.AsSpan(0, dash)) && MetaWords.Count(text.AsSpan(dash)) is { Unknown: 0, Specific: > 0 }
            ? dash : text.Length;
    }

    private static bool StartsWithLabel(ReadOnlySpan<char> line)
    {
        foreach (var label in Labels)
            if (line.StartsWith(label, StringComparison.OrdinalIgnoreCase)
                && line[label.Length..].TrimStart(" *") is [':' or '：' or '\n', ..])
                return true;
        return false;
    }

    private static bool StartsWithAny(ReadOnlySpan<char> line, string[] starts)
    {
        foreach (var start in starts)
            if (line.StartsWith(start, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }
}
