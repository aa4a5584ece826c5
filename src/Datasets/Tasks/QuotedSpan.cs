namespace XlLoraOnnx.Datasets;

/// <summary>Whether an answer was found in a translated context.</summary>
public enum QuotedSpanOutcome
{
    /// <summary>It was.</summary>
    Found,

    /// <summary>The translation has no quotes.</summary>
    NoQuotes,

    /// <summary>The translation has one of the two.</summary>
    OneQuote,

    /// <summary>There is nothing between the quotes.</summary>
    Empty,

    /// <summary>It was, in a translation of its own, and the context that is kept says it in other words.</summary>
    NotInContext,
}

/// <summary>An answer that is carried through a translation in quotes, as FLARE's <c>run_translate</c> does (arXiv 2501.06892).</summary>
/// <remarks>
/// The released code takes every quote of the translation off the answer's place, those behind the answer too, and leaves quotes that the
/// context had before. Here those become apostrophes before the translation, and the answer is where its text stands.
/// </remarks>
/// <param name="Context">The translation without the quotes.</param>
/// <param name="Answer">Null where it was not found.</param>
/// <param name="Outcome">Whether it was, or why not.</param>
public sealed record QuotedSpan(string Context, TaskAnswer? Answer, QuotedSpanOutcome Outcome)
{
    private const char Quote = '"', Apostrophe = '\'';

    // what translation models write for a quote, or keep
    private const string Quotes = "\"“”„‟«»″＂「」『』";

    /// <summary>The context with its answer in quotes, and no other.</summary>
    /// <exception cref="ArgumentException">The answer does not stand in the context.</exception>
    public static string Mark(string context, TaskAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        var end = answer.Start + answer.Text.Length;
        if (answer.Start < 0 || end > context.Length || !context.AsSpan(answer.Start..end).SequenceEqual(answer.Text))
            throw new ArgumentException(
                $"The answer \"{Shortened.Of(answer.Text)}\" does not stand at {answer.Start} of its context.", nameof(answer));
        return $"{Without(context[..answer.Start])}{Quote}{Without(answer.Text)}{Quote}{Without(context[end..])}";
    }

    /// <summary>What stands between the first and the last quote of a translation.</summary>
    /// <remarks>Where it has no two straight quotes, those of other scripts count. Quotes in between go, white space at the ends of the
    /// answer is not part of it.</remarks>
    public static QuotedSpan Find(string translation)
    {
        ArgumentNullException.ThrowIfNull(translation);
        var quotes = translation.Count(c => c == Quote) >= 2 ? Quote.ToString() : Quotes;
        var (first, last) = (translation.AsSpan().IndexOfAny(quotes), translation.AsSpan().LastIndexOfAny(quotes));
        if (first < 0)
            return new QuotedSpan(translation, null, QuotedSpanOutcome.NoQuotes);
        // nothing is taken out before the first quote, so that the place is that of the text without quotes
        var (before, after) = (translation[..first], translation[(last + 1)..]);
        if (first == last)
            return new QuotedSpan(before + after, null, QuotedSpanOutcome.OneQuote);
        var inside = string.Concat(translation[(first + 1)..last].Where(c => !quotes.Contains(c, StringComparison.Ordinal)));
        var answer = inside.Trim();
        return answer.Length == 0
            ? new QuotedSpan(before + inside + after, null, QuotedSpanOutcome.Empty)
            : new QuotedSpan(before + inside + after, new TaskAnswer(answer, first + inside.Length - inside.TrimStart().Length),
                QuotedSpanOutcome.Found);
    }

    private static string Without(string text) =>
        string.Concat(text.Select(c => Quotes.Contains(c, StringComparison.Ordinal) ? Apostrophe : c));
}
