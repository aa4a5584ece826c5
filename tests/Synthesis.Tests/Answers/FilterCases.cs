using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>
/// Good and spoiled answers, expanded from <c>tests/Data/filters/cases.jsonl</c>: sentences of ten languages, and texts with places
/// such as <c>{answer:upper}</c> for what they are filled with and how that is changed.
/// </summary>
internal sealed class FilterCases
{
    private readonly Dictionary<string, List<string>> _sentences = [];
    private readonly List<SpoiledText> _spoiled = [];
    private readonly List<(string Anchor, string Answer)> _world = [];
    private readonly string[] _answers;
    private readonly string[] _anchors;

    public FilterCases()
    {
        foreach (var line in File.ReadLines(Repository.Data("filters", "cases.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            if (root.TryGetProperty("language", out var language))
                _sentences.Add(language.GetString()!, [.. root.GetProperty("sentences").EnumerateArray().Select(s => s.GetString()!)]);
            else
                _spoiled.Add(new SpoiledText(Text(json, "spoil"), Text(json, "expect"), Text(json, "text")));
        }
        foreach (var line in Repository.WorldLines())
        {
            using var json = JsonDocument.Parse(line);
            foreach (var side in new[] { "entailments", "contradictions" })
                foreach (var answer in json.RootElement.GetProperty(side).EnumerateArray())
                    _world.Add((Text(json, "sent0"), answer.GetString()!));
        }
        _answers =
        [
            .. _sentences["English"].Where(s => !s.Contains('"')),
            .. _world.Select(w => w.Answer).Distinct().Where((_, i) => i % 5 == 0),
        ];
        _anchors = [.. _sentences["English"].Where(s => LongestWord(s).Length >= 7)];
    }

    /// <summary>Half of them from the closed world, half of them sentences, alone and two together, against their own language.</summary>
    public IEnumerable<(string Language, AnswerToCheck Answer)> Good(int count)
    {
        for (var i = 0; i < count / 2; i++)
        {
            var (anchor, answer) = _world[(int)((long)i * _world.Count / (count / 2))];
            yield return ("English", Stopped(anchor, answer));
        }
        foreach (var (language, sentences) in _sentences)
            for (var i = 0; i < count / 2 / _sentences.Count; i++)
            {
                var (first, round) = (sentences[i % sentences.Count], i / sentences.Count);
                var second = sentences[(i + 7 * round) % sentences.Count];
                var space = language == "Chinese" ? "" : " ";
                yield return (language, Stopped(sentences[(i + 3) % sentences.Count], round == 0 ? first : $"{first}{space}{second}"));
            }
    }

    /// <summary>As many of each kind, each text of a kind in turn.</summary>
    public IEnumerable<SpoiledAnswer> Spoiled(int count)
    {
        var kinds = _spoiled.GroupBy(s => s.Kind).ToArray();
        for (var i = 0; i < count; i++)
        {
            var texts = kinds[i % kinds.Length].ToArray();
            yield return Spoil(texts[i / kinds.Length % texts.Length], i);
        }
    }

    private SpoiledAnswer Spoil(SpoiledText spoiled, int i)
    {
        var anchor = _anchors[i % _anchors.Length];
        var answer = _answers[i * 7 % _answers.Length];
        if (answer == anchor)
            answer = _answers[(i * 7 + 1) % _answers.Length];
        var foreign = _sentences.Where(s => s.Key != "English").ToArray()[i / 11 % 9].Value;
        var prompt = PromptTemplate.Positive("xllora-gen-v1").Fill("English", anchor);
        var text = Fill(spoiled.Text, place => place switch
        {
            "anchor" => anchor,
            "answer" => answer,
            "prompt" => prompt,
            "instruction" => prompt[..prompt.IndexOf("Premise:", StringComparison.Ordinal)].Trim(),
            "other" => foreign[i / 99 % foreign.Count],
            _ => null,
        });
        var parts = spoiled.Kind == "equal" ? text.Split('|') : [text];
        var reason = spoiled.Kind == "cut" ? FinishReason.Length : FinishReason.Stop;
        return new SpoiledAnswer(spoiled.Kind, spoiled.Expect, answer,
            new AnswerToCheck(SynthesisSide.Positive, anchor, prompt, parts[0], reason, 128), parts.Length > 1 ? parts[1] : null);
    }

    private static AnswerToCheck Stopped(string anchor, string answer) => new(SynthesisSide.Positive, anchor,
        PromptTemplate.Positive("xllora-gen-v1").Fill("English", anchor), answer, FinishReason.Stop, 16);

    /// <summary>Fills <c>{place:change:change}</c>; what is no place, such as <c>{premise}</c>, stays.</summary>
    private static string Fill(string text, Func<string, string?> valueOf)
    {
        var filled = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            var end = text[i] == '{' ? text.IndexOf('}', i) : -1;
            var place = end < 0 ? [] : text[(i + 1)..end].Split(':');
            if (end < 0 || valueOf(place[0]) is not { } value)
            {
                filled.Append(text[i]);
                continue;
            }
            filled.Append(place.Skip(1).Aggregate(value, Change));
            i = end;
        }
        return filled.ToString();
    }

    private static string Change(string text, string change)
    {
        var word = LongestWord(text);
        var middle = word.Length / 2;
        while (change == "swap" && word[middle] == word[middle - 1])
            middle--;
        return change switch
        {
            "upper" => text.ToUpperInvariant(),
            "lower" => text.ToLowerInvariant(),
            "bare" => text.TrimEnd('.', '!', '?'),
            "half" => text[..(text.Length / 2)],
            "fullwidth" => string.Concat(text.Select(c => c is > ' ' and <= '~' ? (char)(c + 0xFEE0) : c)),
            "swap" => text.Replace(word, $"{word[..(middle - 1)]}{word[middle]}{word[middle - 1]}{word[(middle + 1)..]}"),
            "drop" => text.Replace(word, word.Remove(middle, 1)),
            "double" => text.Replace(word, word.Insert(middle, word[middle].ToString())),
            "replace" => text.Replace(word, $"{word[..middle]}x{word[(middle + 1)..]}"),
            "split" => text.Replace(word, word.Insert(middle, " ")),
            "join" => text.Remove(text.IndexOf(' ', text.IndexOf(' ') + 1), 1),
            _ => throw new ArgumentException($"There is no change \"{change}\".", nameof(change)),
        };
    }

    private static string LongestWord(string text) =>
        text.Split([' ', '.', ',', '!', '?', '"', '(', ')', ':', '\''], StringSplitOptions.RemoveEmptyEntries).MaxBy(w => w.Length) ?? "";

    private static string Text(JsonDocument json, string name) => json.RootElement.GetProperty(name).GetString()!;

    private sealed record SpoiledText(string Kind, string Expect, string Text);
}

/// <summary>An answer with a known fault.</summary>
/// <param name="Expect">Name of the reason or of the repair.</param>
/// <param name="Clean">What a repair must leave.</param>
/// <param name="Pair">The other side, where the fault is that both are equal.</param>
internal sealed record SpoiledAnswer(string Kind, string Expect, string Clean, AnswerToCheck Answer, string? Pair);
