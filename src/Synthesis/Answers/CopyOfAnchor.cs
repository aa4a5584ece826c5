using System.Globalization;

namespace XlLoraOnnx.Synthesis;

/// <summary>Whether an answer only says the anchor again.</summary>
/// <remarks>
/// A word added or changed, "not" above all, makes another sentence of it, however alike the two are; so do numbers and endings. What
/// is left are typing errors: an edit inside a long word that keeps its first and its last letter.
/// </remarks>
internal static class CopyOfAnchor
{
    private const int MaxWrongWords = 2;
    private const int ShortestWord = 6;
    private const int ShortestWordOfTwoEdits = 10;

    /// <summary>Equal but for case, punctuation, and how its characters are encoded.</summary>
    public static bool IsCopy(ReadOnlySpan<char> foldedAnchor, ReadOnlySpan<char> foldedAnswer) =>
        foldedAnchor.Length > 0 && foldedAnchor.SequenceEqual(foldedAnswer);

    /// <returns>In what they differ, as a sentence; null if it is no near-copy.</returns>
    public static string? NearCopy(ReadOnlySpan<char> anchor, ReadOnlySpan<char> answer, double similarity)
    {
        if (anchor.Length == 0 || answer.Length == 0)
            return null;
        if (answer.Length == 2 * anchor.Length + 1 && answer.StartsWith(anchor) && answer.EndsWith(anchor))
            return "It says the anchor twice.";
        var longest = Math.Max(anchor.Length, answer.Length);
        if (Math.Min(anchor.Length, answer.Length) < similarity * longest - 2)
            return null;
        if (EqualWithoutSpaces(anchor, answer))
            return "It differs from the anchor in spaces only.";
        var edits = TypingErrors(anchor, answer);
        var alike = 1 - (double)edits / longest;
        return edits > 0 && alike >= similarity
            ? string.Create(CultureInfo.InvariantCulture,
                $"It differs from the anchor in {edits} letters inside words ({alike:0.00} alike).")
            : null;
    }

    private static bool EqualWithoutSpaces(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var (l, r) = (0, 0);
        while (true)
        {
            while (l < left.Length && left[l] == ' ')
                l++;
            while (r < right.Length && right[r] == ' ')
                r++;
            if (l == left.Length || r == right.Length)
                return l == left.Length && r == right.Length;
            if (left[l++] != right[r++])
                return false;
        }
    }

    /// <returns>0 if the texts differ in anything but typing errors.</returns>
    private static int TypingErrors(ReadOnlySpan<char> anchor, ReadOnlySpan<char> answer)
    {
        var (edits, wrong) = (0, 0);
        while (anchor.Length > 0 && answer.Length > 0)
        {
            var left = NextWord(ref anchor);
            var right = NextWord(ref answer);
            if (left.SequenceEqual(right))
                continue;
            var inWord = TypingErrorsOfWord(left, right);
            if (inWord == 0 || ++wrong > MaxWrongWords)
                return 0;
            edits += inWord;
        }
        return anchor.Length == 0 && answer.Length == 0 ? edits : 0;
    }

    private static ReadOnlySpan<char> NextWord(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOf(' ');
        var word = end < 0 ? text : text[..end];
        text = end < 0 ? [] : text[(end + 1)..];
        return word;
    }

    private static int TypingErrorsOfWord(ReadOnlySpan<char> left, ReadOnlySpan<char> right)
    {
        var shorter = Math.Min(left.Length, right.Length);
        if (shorter < ShortestWord || left[0] != right[0] || left[^1] != right[^1] || !IsOfAlphabet(left) || !IsOfAlphabet(right))
            return 0;
        var most = shorter < ShortestWordOfTwoEdits ? 1 : 2;
        var edits = Edits(left, right, most);
        return edits <= most ? edits : 0;
    }

    /// <summary>Only where letters have a case are words letter by letter, so that one wrong letter is a typing error.</summary>
    private static bool IsOfAlphabet(ReadOnlySpan<char> word)
    {
        foreach (var c in word)
            if (ScriptBlocks.Of(c) is not (Script.Latin or Script.Cyrillic or Script.Greek or Script.Armenian)
                && c is not (>= '\u0300' and < '\u0370'))
                return false;
        return true;
    }

    /// <summary>Insertions, deletions, substitutions, exchanges of neighbours; past <paramref name="most"/> not counted out.</summary>
    private static int Edits(ReadOnlySpan<char> left, ReadOnlySpan<char> right, int most)
    {
        var same = left.CommonPrefixLength(right);
        left = left[same..];
        right = right[same..];
        if (left.Length == 0 || right.Length == 0)
            return left.Length + right.Length;
        if (most == 0)
            return 1;
        var edits = 1 + Math.Min(Edits(left[1..], right[1..], most - 1),
            Math.Min(Edits(left[1..], right, most - 1), Edits(left, right[1..], most - 1)));
        return left.Length > 1 && right.Length > 1 && left[0] == right[1] && left[1] == right[0]
            ? Math.Min(edits, 1 + Edits(left[2..], right[2..], most - 1))
            : edits;
    }
}
