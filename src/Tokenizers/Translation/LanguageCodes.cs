using System.Text.RegularExpressions;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Which tokens of a tokenizer are codes of languages.</summary>
internal static partial class LanguageCodes
{
    private const int MaxNamed = 3;

    /// <summary>The codes among the added tokens and in tokenizer_config.json: code → id.</summary>
    /// <remarks>A fine-tuned model may have languages of its own: they are where transformers puts them, in either of the two.</remarks>
    public static IReadOnlyDictionary<string, int> Read(XlLoraTokenizer tokenizer, string where)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in tokenizer.AddedTokens.Concat(tokenizer.AdditionalSpecialTokens).Where(t => Form().IsMatch(t)))
        {
            ids[WithoutUnderscores(token)] = tokenizer.TokenToId(token) ?? throw new InvalidDataException(
                $"{where}: {TokenizerConfig.FileName} names '{token}' as a special token, but {XlLoraTokenizer.FileName} has no id for " +
                "it. Save the two together, with save_pretrained of the tokenizer.");
        }
        return ids.Count > 0
            ? ids
            : throw new NotSupportedException(
                $"{where}: none of the {tokenizer.AddedTokens.Count} added tokens is a language code like 'eng_Latn' (NLLB) or '__en__' " +
                "(M2M100), so no language can be asked for. Take the tokenizer of a many-to-many translation model.");
    }

    /// <summary>M2M100 writes <c>__en__</c> for the token of what everybody calls <c>en</c>.</summary>
    public static string WithoutUnderscores(string token) =>
        token.Length > 4 && token.StartsWith("__", StringComparison.Ordinal) && token.EndsWith("__", StringComparison.Ordinal)
            ? token[2..^2]
            : token;

    public static string Unknown(string language, IReadOnlyList<string> languages) =>
        $"'{language}' is none of the {languages.Count} language codes of this tokenizer. The nearest: " +
        $"{string.Join(", ", Nearest(language, languages))}. All of them are in its added tokens.";

    /// <summary>Codes with the same language before the script first (<c>hau</c> → <c>hau_Latn</c>), then by edit distance.</summary>
    public static IEnumerable<string> Nearest(string language, IReadOnlyList<string> languages)
    {
        var asked = WithoutUnderscores(language).Replace('-', '_').ToUpperInvariant();
        return languages
            .Select(code => (Code: code, Upper: code.ToUpperInvariant()))
            .OrderBy(c => SharesLanguage(asked, c.Upper) ? 0 : 1)
            .ThenBy(c => Math.Min(Distance(asked, c.Upper), Distance(LanguageOf(asked), LanguageOf(c.Upper)) + 1))
            .ThenBy(c => Distance(asked, c.Upper))
            .ThenBy(c => c.Code, StringComparer.Ordinal)
            .Take(MaxNamed)
            .Select(c => c.Code);
    }

    /// <summary><c>HAU</c> and <c>HAUSA</c> are for <c>HAU_LATN</c>, and so is <c>HAU_ARAB</c>.</summary>
    private static bool SharesLanguage(string asked, string code) =>
        code.StartsWith(LanguageOf(asked), StringComparison.Ordinal)
        || LanguageOf(asked).StartsWith(LanguageOf(code), StringComparison.Ordinal);

    private static string LanguageOf(string code) => code.IndexOf('_') is > 0 and var end ? code[..end] : code;

    /// <summary>Levenshtein's.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }

    // FLORES-200's language_Script, and M2M100's __language__
    [GeneratedRegex(@"\A(?:[a-z]{3}_[A-Z][a-z]{3}|__[a-z]{2,3}__)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
