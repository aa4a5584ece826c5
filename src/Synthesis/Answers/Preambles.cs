using System.Buffers;

namespace XlLoraOnnx.Synthesis;

/// <summary>Words before the sentence that speak about it.</summary>
internal static class Preambles
{
    private const int LongestLead = 240;
    private static readonly string[] Affirmations =
        ["sure thing", "sure", "certainly", "absolutely", "of course", "okay", "ok", "got it", "understood", "no problem"];
    private static readonly SearchValues<char> Colons = SearchValues.Create(":：");
    private static readonly SearchValues<char> SentenceEnds = SearchValues.Create(".!?。！？।");
    private static readonly SearchValues<string> Stems =
        SearchValues.Create(["premise", "entail", "contradict", "hypothesis", "inference", "sentence"], StringComparison.OrdinalIgnoreCase);

    /// <summary>Folded phrases that only a text about a text holds.</summary>
    private static readonly string[] Phrases =
    [
        "contradicts the premise", "contradict the premise", "contradicting the premise", "contradicts the given", "entails the premise",
        "entailed by the premise", "entails the given", "follows from the premise", "implied by the premise", "the given premise",
        "the provided premise", "premise you provided", "entailment sentence", "contradiction sentence", "contradictory sentence",
        "entailment example", "contradiction example", "entailment of the", "contradiction of the premise", "contradiction to the premise",
        "is an entailment", "natural language inference", "hypothesis sentence", "sentence example", "entailment would be",
        "contradiction would be", "contradiction is that", "entailment is", "entailment to the",
    ];

    /// <returns>The text without it; the same where it has none.</returns>
    public static string Cut(string text, string anchor)
    {
        var lead = text.AsSpan(0, Math.Min(text.Length, LongestLead));
        var colon = lead.IndexOfAny(Colons);
        var line = lead.IndexOf('\n');
        if (colon > 0 && (line < 0 || colon < line) && CutAtColon(text, colon) is { } afterColon && !StartsAlike(text, anchor, colon))
            return afterColon;
        if (line > 0 && MetaWords.Count(lead[..line]).IsAnnouncement)
            return text[line..].TrimStart();
        return CutAffirmation(text, anchor) ?? CutBeforeQuotes(text, lead) ?? text;
    }

    /// <summary>Whether a line is a label of its own or begins with one, as in <c>Contradiction: …</c>.</summary>
    public static bool IsLabelled(ReadOnlySpan<char> line)
    {
        var colon = line[..Math.Min(line.Length, LongestLead)].IndexOfAny(Colons);
        return colon > 0 && MetaWords.Count(line[..colon]) is { IsLabel: true, Specific: > 0 };
    }

    /// <returns>What speaks about the answer in it, as a sentence; null if nothing does.</returns>
    public static string? Find(string text, ReadOnlySpan<char> folded, string anchor)
    {
        if (IsOnlyLabel(text))
            return "It is a label without a sentence.";
        if (!text.AsSpan().ContainsAny(Stems))
            return null;
        foreach (var phrase in Phrases)
            if (folded.Contains(phrase, StringComparison.Ordinal) && !anchor.Contains(phrase, StringComparison.OrdinalIgnoreCase))
                return $"It speaks about itself: \"{phrase}\".";
        return !anchor.AsSpan().ContainsAny(Stems) && LeadingRun(text) is { Openers: > 0, Specific: > 0, Words: >= 3 }
            ? "It begins by speaking about itself, and nothing parts that from the sentence." : null;
    }

    private static string? CutAtColon(string text, int colon)
    {
        var rest = text.AsSpan(colon + 1).TrimStart(" \t*_").TrimEnd();
        var atLineEnd = rest.Length > 0 && rest[0] is '\n' or '\r';
        // "Sentence 1: …"
        var count = MetaWords.Count(text.AsSpan(0, colon).TrimEnd("0123456789 #"));
        // "Here you go: …"; one word before a colon may be the sentence's own
        var isLead = count.IsLabel || count.IsAnnouncement && (atLineEnd || count.Words > 1);
        if (!isLead || rest.Trim().IsEmpty)
            return null;
        // "**Entailment:** A sentence." has its emphasis around the label alone, "**Entailment: a sentence.**" around all of it
        var label = text.AsSpan(0, colon);
        rest = rest.Trim();
        if (label.StartsWith("**") && rest.EndsWith("**") && !rest[..^2].Contains("**", StringComparison.Ordinal))
            rest = rest[..^2];
        return rest.ToString();
    }

    private static bool StartsAlike(string text, string anchor, int length) =>
        anchor.Length > length && anchor.AsSpan(0, length).Equals(text.AsSpan(0, length), StringComparison.OrdinalIgnoreCase);

    /// <summary><c>Sure! A man walks.</c>: what follows.</summary>
    private static string? CutAffirmation(string text, string anchor)
    {
        foreach (var affirmation in Affirmations)
        {
            if (!text.StartsWith(affirmation, StringComparison.OrdinalIgnoreCase)
                || text.AsSpan(affirmation.Length) is not ['!' or '.', ' ', ..])
                continue;
            var rest = text.AsSpan(affirmation.Length + 1).TrimStart();
            return rest.Contains(' ') && !anchor.StartsWith(affirmation, StringComparison.OrdinalIgnoreCase) ? rest.ToString() : null;
        }
        return null;
    }

    /// <summary><c>A possible entailment is "…".</c>: what stands in the quotes.</summary>
    private static string? CutBeforeQuotes(string text, ReadOnlySpan<char> lead)
    {
        var open = lead.IndexOfAny(Quotations.Openers);
        if (open < 8 || !char.IsWhiteSpace(lead[open - 1]) || MetaWords.Count(lead[..open]) is not { Unknown: 0, Specific: > 0 })
            return null;
        var closing = text.LastIndexOf(Quotations.ClosingOf(text[open]));
        return closing > open + 1 && text.AsSpan(closing + 1).Trim(" .!*").Length == 0 ? text[(open + 1)..closing] : null;
    }

    private static bool IsOnlyLabel(string text)
    {
        var label = text.AsSpan().TrimEnd("*_ \n");
        return label.Length is > 1 and < LongestLead && label[^1] is ':' or '：'
            && MetaWords.Count(label[..^1]) is { IsAnnouncement: true } or { IsLabel: true };
    }

    /// <summary>The words at the beginning up to the first that no preamble needs.</summary>
    private static MetaWordCount LeadingRun(string text)
    {
        var lead = text.AsSpan(0, Math.Min(text.Length, LongestLead));
        var end = lead.IndexOfAny(SentenceEnds);
        lead = end < 0 ? lead : lead[..end];
        var known = default(MetaWordCount);
        for (var from = 0; from < lead.Length;)
        {
            var space = lead[from..].IndexOf(' ');
            var next = space < 0 ? lead.Length : from + space + 1;
            var count = MetaWords.Count(lead[..next]);
            if (count.Unknown > 0)
                break;
            (known, from) = (count, next);
        }
        return known;
    }
}
