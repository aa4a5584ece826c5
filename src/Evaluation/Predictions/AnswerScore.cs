using System.Text;

namespace XlLoraOnnx.Evaluation;

/// <summary>Exact match and F1 of an answer, as the evaluation script of SQuAD v1.1 defines them (Rajpurkar et al. 2016).</summary>
/// <remarks>
/// Answers are compared in lower case, without ASCII punctuation, without the words a, an and the, with single spaces; of several right
/// answers the best counts. TyDi QA's gold passage and XTREME use it for all languages. MLQA's script differs: it also leaves out
/// punctuation beyond ASCII and articles of each language, and takes Chinese apart by characters.
/// </remarks>
public static class AnswerScore
{
    private const string Punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    /// <summary>Whether the answer is one of the right ones: 1 or 0.</summary>
    /// <exception cref="ArgumentException">There is no right answer.</exception>
    public static double ExactMatch(string prediction, IReadOnlyList<string> answers) =>
        Best(prediction, answers, (a, b) => a == b ? 1 : 0);

    /// <summary>Harmonic mean of the shares of words that the answer and the nearest right one have in common, 0 to 1.</summary>
    /// <exception cref="ArgumentException">There is no right answer.</exception>
    public static double F1(string prediction, IReadOnlyList<string> answers) => Best(prediction, answers, F1);

    /// <summary>What is compared.</summary>
    public static string Normalized(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var kept = new StringBuilder(text.Length);
        // Python's lower-case of this letter is two
        foreach (var letter in text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal))
        {
            if (!Punctuation.Contains(letter, StringComparison.Ordinal))
                kept.Append(letter);
        }
        return string.Join(' ', PythonText.Split(WithoutArticles(kept.ToString())));
    }

    private static double Best(string prediction, IReadOnlyList<string> answers, Func<string, string, double> score)
    {
        ArgumentNullException.ThrowIfNull(answers);
        if (answers.Count == 0)
            throw new ArgumentException("There is no right answer to compare with.", nameof(answers));
        var normalized = Normalized(prediction);
        return answers.Max(a => score(normalized, Normalized(a)));
    }

    private static double F1(string prediction, string answer)
    {
        var (said, right) = (PythonText.Split(prediction), PythonText.Split(answer));
        var left = right.CountBy(w => w, StringComparer.Ordinal).ToDictionary(w => w.Key, w => w.Value, StringComparer.Ordinal);
        var same = 0;
        foreach (var word in said.Where(w => left.GetValueOrDefault(w) > 0))
        {
            left[word]--;
            same++;
        }
        if (same == 0)
            return 0;
        var (precision, recall) = ((double)same / said.Count, (double)same / right.Count);
        return 2 * precision * recall / (precision + recall);
    }

    /// <summary><c>re.sub(r'\b(a|an|the)\b', ' ', text)</c> with Python's letters of a word, which marks are not among.</summary>
    private static string WithoutArticles(string text)
    {
        var kept = new StringBuilder(text.Length);
        for (int start = 0, i = 0; i <= text.Length; i++)
        {
            var rune = i < text.Length && Rune.TryGetRuneAt(text, i, out var found) ? found : Rune.ReplacementChar;
            if (i < text.Length && IsOfWord(rune))
            {
                i += rune.Utf16SequenceLength - 1;
                continue;
            }
            var word = text[start..i];
            kept.Append(word is "a" or "an" or "the" ? " " : word);
            if (i < text.Length)
                kept.Append(text[i]);
            start = i + 1;
        }
        return kept.ToString();
    }

    private static bool IsOfWord(Rune rune) => rune.Value == '_' || Rune.GetUnicodeCategory(rune)
        is <= System.Globalization.UnicodeCategory.OtherLetter or System.Globalization.UnicodeCategory.DecimalDigitNumber
        or System.Globalization.UnicodeCategory.LetterNumber or System.Globalization.UnicodeCategory.OtherNumber;
}
