using System.Text.RegularExpressions;

namespace XlLoraOnnx.Evaluation;

/// <summary>The languages of the tasks, as their subsets write them, and as MTEB's result files do.</summary>
internal static partial class LanguageNames
{
    /// <summary>What is filed when nothing says which language it is (ISO 639: undetermined; ISO 15924: undetermined script).</summary>
    public const string Undetermined = "und-Zyyy";

    /// <summary>Subsets of SemRel2024; then those of STS17, STS22, STSB multilingual, KorSTS, MIRACL and IndicQA.</summary>
    private const string Known = """
        afr=afr-Latn amh=amh-Ethi arb=arb-Arab arq=arq-Arab ary=ary-Arab eng=eng-Latn esp=spa-Latn spa=spa-Latn
        hau=hau-Latn hin=hin-Deva ind=ind-Latn kin=kin-Latn mar=mar-Deva pan=pan-Guru tel=tel-Telu
        ar=ara-Arab as=asm-Beng bn=ben-Beng de=deu-Latn en=eng-Latn es=spa-Latn fa=fas-Arab fi=fin-Latn fr=fra-Latn
        gu=guj-Gujr ha=hau-Latn hi=hin-Deva id=ind-Latn it=ita-Latn ja=jpn-Jpan kn=kan-Knda ko=kor-Hang kor=kor-Hang
        ml=mal-Mlym mr=mar-Deva nl=nld-Latn or=ory-Orya pa=pan-Guru ru=rus-Cyrl sw=swa-Latn ta=tam-Taml te=tel-Telu
        th=tha-Thai tr=tur-Latn yo=yor-Latn zh=zho-Hans af=afr-Latn pl=pol-Latn pt=por-Latn
        """;

    private static readonly Dictionary<string, string> Scripts = Known.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Select(e => e.Split('=')).ToDictionary(e => e[0], e => e[1], StringComparer.Ordinal);

    /// <summary>Languages of a subset's name: <c>hau</c>, <c>ko-ko</c>, <c>en-de</c>, <c>hau_Latn</c>; empty if it is none.</summary>
    public static IReadOnlyList<string> Of(string subset)
    {
        if (LanguageScript().IsMatch(subset))
            return [subset.Replace('_', '-')];
        var parts = subset.Split('-');
        if (parts.Length > 2 || !parts.All(p => Scripts.ContainsKey(p) || LanguageScript().IsMatch(p)))
            return [];
        return [.. parts.Select(p => Scripts.GetValueOrDefault(p) ?? p.Replace('_', '-')).Distinct()];
    }

    /// <summary>Whether a word is one of the languages of the tasks.</summary>
    public static bool IsKnown(string word) => Scripts.ContainsKey(word);

    public static bool IsLanguageScript(string name) => name.Contains('-', StringComparison.Ordinal) && LanguageScript().IsMatch(name);

    [GeneratedRegex("^[a-z]{3}[-_][A-Z][a-z]{3}$")]
    private static partial Regex LanguageScript();
}
