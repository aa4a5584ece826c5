using System.Buffers;

namespace XlLoraOnnx.Synthesis;

/// <summary>Whether the model refused, told by what refusals say in the commoner languages: <c>refusals.txt</c>.</summary>
internal sealed class Refusals
{
    private const string Resource = "Filters/refusals.txt";

    private readonly SearchValues<string> _self;
    private readonly SearchValues<string> _tasks;
    private readonly HashSet<string>.AlternateLookup<ReadOnlySpan<char>> _short;
    private readonly Dictionary<char, string[]> _sorry;
    private readonly Dictionary<char, string[]> _cannot;

    private Refusals()
    {
        var lines = ReadLines().ToLookup(line => line.Kind, line => line.Phrase);
        _self = SearchValues.Create([.. lines["self"].Where(p => p.Length > 0)], StringComparison.Ordinal);
        _tasks = SearchValues.Create([.. lines["task"].Where(p => p.Length > 0)], StringComparison.Ordinal);
        _short = lines["short"].ToHashSet().GetAlternateLookup<ReadOnlySpan<char>>();
        _sorry = ByFirst(lines["sorry"]);
        _cannot = ByFirst(lines["cannot"]);
    }

    public static Refusals Instance { get; } = new();

    /// <returns>What was found, as a sentence; null if the answer is no refusal or says what the anchor says too.</returns>
    public string? Find(ReadOnlySpan<char> foldedAnswer, ReadOnlySpan<char> foldedAnchor)
    {
        var self = SelfReference(foldedAnswer);
        if (self.Length > 0 && !foldedAnchor.Contains(self, StringComparison.Ordinal))
            return $"It speaks as a model: \"{self}\".";
        var sorry = Beginning(_sorry, foldedAnswer);
        var cannot = sorry ?? Beginning(_cannot, foldedAnswer);
        if (cannot is null || foldedAnchor.StartsWith(cannot, StringComparison.Ordinal))
            return null;
        var rest = foldedAnswer[cannot.Length..].Trim(' ');
        return rest.ContainsAny(_tasks) || sorry is not null && _short.Contains(rest) ? $"It refuses: \"{cannot} {Clip(rest)}\"." : null;
    }

    private ReadOnlySpan<char> SelfReference(ReadOnlySpan<char> text)
    {
        for (var from = 0; text[from..].IndexOfAny(_self) is >= 0 and var at; from += at + 1)
        {
            var start = from + at;
            if (start > 0 && text[start - 1] != ' ' && char.IsAsciiLetter(text[start]))
                continue;
            var end = text[start..].Length > 40 ? start + 40 : text.Length;
            return text[start..end];
        }
        return [];
    }

    private static string? Beginning(Dictionary<char, string[]> phrases, ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || !phrases.TryGetValue(text[0], out var candidates))
            return null;
        foreach (var phrase in candidates)
            if (text.StartsWith(phrase, StringComparison.Ordinal)
                && (text.Length == phrase.Length || text[phrase.Length] == ' ' || phrase[^1] >= '\u0900'))
                return phrase;
        return null;
    }

    private static string Clip(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}…";

    private static Dictionary<char, string[]> ByFirst(IEnumerable<string> phrases) =>
        phrases.GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.OrderByDescending(p => p.Length).ToArray());

    private static IEnumerable<(string Kind, string Phrase)> ReadLines()
    {
        using var stream = typeof(Refusals).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks the resource '{Resource}'.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length == 0 || line[0] == '#')
                continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            foreach (var phrase in line[(colon + 1)..].Split('|'))
            {
                var folded = FoldedText.Of(phrase);
                yield return (line[..colon], folded);
                foreach (var much in new[] { "really", "very", "so", "truly" })
                    if (folded.Contains("m sorry", StringComparison.Ordinal))
                        yield return (line[..colon], folded.Replace("m sorry", $"m {much} sorry", StringComparison.Ordinal));
            }
        }
    }
}
