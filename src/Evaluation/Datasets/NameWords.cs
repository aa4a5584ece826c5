using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>What the name of a file or folder says: words joined by <c>-</c>, <c>_</c>, <c>.</c> or blanks.</summary>
/// <param name="Split">As result files write it (<c>val</c> is <c>validation</c>); null where the name has none.</param>
/// <param name="Language">A language or a pair of them, as the name writes it; null where the name has none.</param>
/// <param name="Rest">The name without both; empty where nothing else is in it.</param>
internal sealed partial record NameWords(string? Split, string? Language, string Rest)
{
    /// <returns>The split that a word is; null for any other word.</returns>
    public static string? SplitOf(string word) => word.ToLowerInvariant() switch
    {
        // splits of their own for mteb
        "dev" or "devtest" => word.ToLowerInvariant(),
        // datasets takes them for test, and others do not
        "eval" or "evaluation" => null,
        var other => SplitName.Canonical(other),
    };

    public static NameWords Of(string name)
    {
        var words = Word().Matches(name);
        var language = FindLanguage(name, words);
        string? split = null;
        var rest = new System.Text.StringBuilder();
        for (int i = 0; i < words.Count; i++)
        {
            if (language is { } l && i >= l.First && i < l.First + l.Count)
                continue;
            if (SplitOf(words[i].Value) is { } found)
                split ??= found;
            else
                rest.Append(rest.Length > 0 ? name[words[i].Index - 1].ToString() : "").Append(words[i].Value);
        }
        return new NameWords(split, language?.Name, rest.ToString());
    }

    /// <summary>The first of: a language and its script (<c>hau_Latn</c>), two languages (<c>en-de</c>), one (<c>hau</c>).</summary>
    private static (string Name, int First, int Count)? FindLanguage(string name, MatchCollection words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            if (i + 1 < words.Count && name[words[i + 1].Index - 1] is '-' or '_')
            {
                var joined = name[words[i].Index..(words[i + 1].Index + words[i + 1].Length)];
                if (LanguageNames.IsLanguageScript(joined.Replace('_', '-')))
                    return (joined, i, 2);
                if (LanguageNames.IsKnown(words[i].Value) && LanguageNames.IsKnown(words[i + 1].Value))
                    return ($"{words[i].Value}-{words[i + 1].Value}", i, 2);
            }
            if (LanguageNames.IsKnown(words[i].Value))
                return (words[i].Value, i, 1);
        }
        return null;
    }

    [GeneratedRegex("[^-_. ]+")]
    private static partial Regex Word();
}
