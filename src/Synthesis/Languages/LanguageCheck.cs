using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Whether a text is clearly not in the language that was asked for.</summary>
/// <remarks>
/// Only clear evidence counts: another script, or n-grams of another language by a margin that grows with the text. Names and texts
/// too short to tell are let through, for a good answer thrown away costs more than a stray one kept.
/// </remarks>
internal sealed class LanguageCheck(LanguageEntry expected)
{
    private const int FewestLettersOfScript = 4;
    private const int FewestLetters = 12;
    private const int FewestWords = 3;

    /// <summary>Nats that another language must be ahead, and that it must be ahead for each letter.</summary>
    private const double MarginAtLeast = 18;
    private const double MarginOfALetter = 0.9;

    private const double SmallestShare = 0.25;

    /// <summary>A character of these carries about as much as three letters.</summary>
    private const int WeightOfSyllable = 3;

    /// <returns>The evidence as a sentence; null if there is none.</returns>
    public string? Objection(string text)
    {
        Span<int> letters = stackalloc int[ScriptBlocks.Count];
        ScriptBlocks.CountLetters(text, letters);
        return WrongScript(letters) ?? WrongOfTwoInHan(letters) ?? WrongWords(text, letters);
    }

    private string? WrongScript(ReadOnlySpan<int> letters)
    {
        var (all, right, number, other) = (0, 0, 0, Script.None);
        for (var script = (Script)1; (int)script < letters.Length; script++)
        {
            if (letters[(int)script] == 0)
                continue;
            var weighed = letters[(int)script] * (script is Script.Han or Script.Kana or Script.Hangul ? WeightOfSyllable : 1);
            all += weighed;
            number += letters[(int)script];
            if (expected.Scripts.Contains(script))
                right += weighed;
            else if (letters[(int)script] > letters[(int)other])
                other = script;
        }
        if (all < FewestLettersOfScript || right >= all * SmallestShare)
            return null;
        var scripts = string.Join(" or ", expected.Scripts);
        return string.Create(CultureInfo.InvariantCulture,
            $"{letters[(int)other]} of {number} letters are {other}; {expected.Name} is written in {scripts}.");
    }

    private string? WrongOfTwoInHan(ReadOnlySpan<int> letters)
    {
        var (han, kana) = (letters[(int)Script.Han], letters[(int)Script.Kana]);
        return expected.Code switch
        {
            "cmn" when kana >= 3 && kana * 5 >= han =>
                string.Create(CultureInfo.InvariantCulture, $"{kana} of {han + kana} characters are kana, so it is Japanese, not Chinese."),
            "jpn" when kana == 0 && han >= 10 =>
                string.Create(CultureInfo.InvariantCulture, $"None of {han} characters is kana, so it is Chinese, not Japanese."),
            _ => null,
        };
    }

    private string? WrongWords(string text, ReadOnlySpan<int> letters)
    {
        foreach (var script in expected.Scripts)
        {
            if (letters[(int)script] >= FewestLetters && LanguageProfiles.Of(script) is { } profiles
                && Array.IndexOf(profiles.Codes, expected.Code) is >= 0 and var own)
                return WrongNGrams(text, profiles, own);
        }
        return null;
    }

    private string? WrongNGrams(string text, LanguageProfiles profiles, int own)
    {
        Span<int> sums = stackalloc int[profiles.Codes.Length];
        var measure = profiles.Score(text, withoutNames: true, sums);
        if (measure.Letters < FewestLetters || measure.Words < FewestWords)
            return null;
        var best = own;
        for (var l = 0; l < sums.Length; l++)
            if (sums[l] > sums[best])
                best = l;
        var margin = (sums[best] - sums[own]) * LanguageProfiles.Nats;
        if (margin < Math.Max(MarginAtLeast, MarginOfALetter * measure.Letters))
            return null;
        return string.Create(CultureInfo.InvariantCulture,
            $"Its n-grams are {LanguageTable.OfCode(profiles.Codes[best]).Name}'s rather than {expected.Name}'s, by {margin:0} nats.");
    }
}
