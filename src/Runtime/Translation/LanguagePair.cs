namespace XlLoraOnnx.Runtime;

/// <summary>Two languages; text goes from the first to the second.</summary>
/// <param name="Source">As the model or <see cref="TranslationPairs"/> spell it, e.g. <c>eng_Latn</c>.</param>
/// <param name="Target">Likewise, e.g. <c>hau_Latn</c>.</param>
public sealed record LanguagePair(string Source, string Target)
{
    private const char Dash = '-';

    /// <summary>Reads what <see cref="ToString"/> gives: <c>eng_Latn-hau_Latn</c>.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static LanguagePair Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var pair = text.Split(Dash) is [var source, var target] ? new LanguagePair(source, target) : null;
        return pair?.WhatIsWrong() is null && pair is not null ? pair : throw new ArgumentException(
            $"\"{text}\" is no pair of languages; one is written SOURCE-TARGET with codes that have no '-' in them, such as "
            + "eng_Latn-hau_Latn.", nameof(text));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Source}{Dash}{Target}";

    /// <summary>Why these are not two languages; null if they are.</summary>
    internal string? WhatIsWrong()
    {
        foreach (var code in (string[])[Source, Target])
        {
            if (string.IsNullOrEmpty(code) || code.Any(c => c == Dash || char.IsWhiteSpace(c)))
                return $"\"{code}\" is no code of a language: it must not be empty, and must have no white space and no '{Dash}' in it.";
        }
        return Source == Target ? $"Both languages are {Source}; there is nothing to translate." : null;
    }

    /// <summary>How many characters must be put in, left out or changed to make one pair of the other; for messages.</summary>
    internal int DistanceTo(LanguagePair other)
    {
        var (from, to) = (ToString(), other.ToString());
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var changed = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[^1];
    }
}
