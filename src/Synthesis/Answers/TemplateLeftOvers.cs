using System.Buffers;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Synthesis;

/// <summary>Placeholders, markers of chat templates and special tokens in a text that should hold none.</summary>
internal static partial class TemplateLeftOvers
{
    private static readonly SearchValues<char> Openers = SearchValues.Create("<[{▁\uFFFD");

    /// <returns>What was found, as a sentence; null for a clean text. What the anchor holds as well is no left-over.</returns>
    public static string? Find(string text, string anchor)
    {
        if (!text.AsSpan().ContainsAny(Openers))
            return null;
        if (text is ['{', .., '}'] && text.Contains("\":", StringComparison.Ordinal) && !anchor.StartsWith('{'))
            return "It is a JSON object, not a sentence.";
        foreach (var match in Marker().EnumerateMatches(text))
        {
            var marker = text.AsSpan(match.Index, match.Length);
            if (!anchor.AsSpan().Contains(marker, StringComparison.OrdinalIgnoreCase))
                return marker is "\uFFFD"
                    ? "It holds U+FFFD: bytes that are no character."
                    : $"It holds \"{marker}\", a left-over of a template.";
        }
        return null;
    }

    [GeneratedRegex("""
        \{\{[^{}\n]{0,60}\}\}
        | \{[A-Za-z_][A-Za-z0-9_ ]{0,40}\}
        | <\|[^|<>\n]{1,40}\|>
        | </?(?: s | unk | pad | bos | eos | mask | cls | sep | start_of_turn | end_of_turn | sentence | premise | hypothesis | answer
            | entailment | contradiction | extra_id_[0-9]+ | unused[0-9]+ | think | br )>
        | \[/?(?: INST | MASK | UNK | PAD | CLS | SEP | BOS | EOS | premise | hypothesis | sentence | answer | language | anchor
            | entailment | contradiction )\]
        | \[(?: insert | your | the | an? | add )\ [^\]\n]{1,60}\]
        | <(?: insert | your )\ [^>\n]{1,60}>
        | <</?SYS>>
        | ▁
        | \uFFFD
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Marker();
}
