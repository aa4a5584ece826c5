namespace XlLoraOnnx.Synthesis;

/// <summary>Tells a text's language: by its script, and among languages that share one by their n-grams of characters.</summary>
/// <remarks>Thread-safe. A sentence of eight words is enough for most languages; close relatives need more.</remarks>
public static class LanguageIdentifier
{
    private static readonly LanguageGuess Undetermined = new("und", "Undetermined", 0);

    /// <summary>ISO 639-3 codes and English names of the languages that are told apart.</summary>
    public static IReadOnlyDictionary<string, string> Languages { get; } = LanguageTable.All.ToDictionary(e => e.Code, e => e.Name);

    /// <summary>The most likely language of a text.</summary>
    public static LanguageGuess Identify(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        Span<int> letters = stackalloc int[ScriptBlocks.Count];
        ScriptBlocks.CountLetters(text, letters);
        var script = MainScript(letters);
        return script switch
        {
            Script.None or Script.Other => Undetermined,
            Script.Han or Script.Kana => Certain(LanguageTable.OfCode(IsJapanese(letters) ? "jpn" : "cmn")),
            _ when LanguageProfiles.Of(script) is { } profiles => Best(profiles, text),
            _ => LanguageTable.OnlyOneIn(script) is { } only ? Certain(only) : Undetermined,
        };
    }

    /// <summary>The code of a language by its English name, as prompts use it; null for a language that is not known.</summary>
    public static string? CodeOf(string name) => LanguageTable.Find(name)?.Code;

    /// <summary>One kana for twenty Han characters is more than Chinese ever has.</summary>
    internal static bool IsJapanese(ReadOnlySpan<int> letters) => letters[(int)Script.Kana] * 20 > letters[(int)Script.Han];

    private static Script MainScript(ReadOnlySpan<int> letters)
    {
        var main = Script.None;
        for (var script = (Script)1; (int)script < letters.Length; script++)
            if (letters[(int)script] > letters[(int)main])
                main = script;
        return main;
    }

    private static LanguageGuess Certain(LanguageEntry language) => new(language.Code, language.Name, double.PositiveInfinity);

    private static LanguageGuess Best(LanguageProfiles profiles, string text)
    {
        Span<int> sums = stackalloc int[profiles.Codes.Length];
        if (profiles.Score(text, withoutNames: false, sums).Letters == 0)
            return Undetermined;
        var (best, second) = (0, -1);
        for (var l = 1; l < sums.Length; l++)
        {
            if (sums[l] > sums[best])
                (best, second) = (l, best);
            else if (second < 0 || sums[l] > sums[second])
                second = l;
        }
        var language = LanguageTable.OfCode(profiles.Codes[best]);
        return new LanguageGuess(language.Code, language.Name, (sums[best] - sums[second]) * LanguageProfiles.Nats);
    }
}
