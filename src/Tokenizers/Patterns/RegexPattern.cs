using System.Text.RegularExpressions;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// Any other regular expression. It comes from a stranger: it runs on an engine of linear time where that takes it, else with limits on the
/// time of a match and of a text.
/// </summary>
internal sealed class RegexPattern : SplitPattern
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TextLimit = TimeSpan.FromSeconds(30);

    // One character of the basic plane for each category: .NET matches UTF-16 units, the reference matches code points.
    private static readonly char[] StandOfCategory =
    [
        'Ꙃ', 'ꙃ', 'ǅ', 'ꀕ', 'ꀀ', '\uA66F', '\uA880', '\uA670', '꩐', 'ꛦ', '꠰', '\u3000', '\u2028', '\u2029',
        '\u0080', '\uFFFB', '\uFFFD', '\uE000', '﹎', '\uFE58', '︗', '︘', '⸂', '⸃', '꫱', '﬩', '\uA838', '꭪', '꠨', '\uFFFF',
    ];

    private const char LetterLikeSymbol = 'Ⓐ';

    private readonly string _pattern;
    private readonly Regex _regex;

    /// <exception cref="NotSupportedException">The pattern needs what .NET has not, or reads otherwise.</exception>
    public RegexPattern(string pattern, string where)
    {
        _pattern = pattern;
        var (translated, refusal) = RegexSyntax.Translate(pattern);
        if (refusal is not null)
            throw new NotSupportedException($"{where}: the regular expression '{pattern}' uses {refusal}, which is not supported.");
        try
        {
            _regex = Compile(translated!);
        }
        catch (ArgumentException e)
        {
            throw new NotSupportedException($"{where}: the regular expression '{pattern}' cannot be run: {e.Message}", e);
        }
    }

    public override void FindMatches(ReadOnlySpan<char> text, MatchList matches, RegexScratch scratch)
    {
        CheckTime(text, scratch);
        try
        {
            if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            {
                foreach (var match in _regex.EnumerateMatches(text))
                    Add(match.Index, match.Index + match.Length, matches, text, scratch);
                return;
            }
            var length = OneUnitEach(text, scratch);
            foreach (var match in _regex.EnumerateMatches(scratch.Chars.AsSpan(0, length)))
                Add(scratch.Positions[match.Index], scratch.Positions[match.Index + match.Length], matches, text, scratch);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw TooSlow(text.Length, MatchLimit, e);
        }
    }

    private void Add(int start, int end, MatchList matches, ReadOnlySpan<char> text, RegexScratch scratch)
    {
        matches.Add(start, end);
        if ((matches.Count & 7) == 0)
            CheckTime(text, scratch);
    }

    /// <summary>Many matches that take long, or many pieces, are as bad as one.</summary>
    private void CheckTime(ReadOnlySpan<char> text, RegexScratch scratch)
    {
        if (scratch.Elapsed > TextLimit)
            throw TooSlow(text.Length, TextLimit, null);
    }

    private static Regex Compile(string pattern)
    {
        // ^ and $ mean lines in Ruby.
        const RegexOptions Options = RegexOptions.CultureInvariant | RegexOptions.Multiline;
        try
        {
            return new Regex(pattern, Options | RegexOptions.NonBacktracking, MatchLimit);
        }
        catch (NotSupportedException)
        {
            return new Regex(pattern, Options, MatchLimit);
        }
    }

    private static int OneUnitEach(ReadOnlySpan<char> text, RegexScratch scratch)
    {
        scratch.EnsureCapacity(text.Length);
        var length = 0;
        for (var i = 0; i < text.Length; length++)
        {
            var codePoint = Characters.At(text, i, out var width);
            scratch.Positions[length] = i;
            scratch.Chars[length] = width == 1 ? text[i] : Stand(codePoint);
            i += width;
        }
        scratch.Positions[length] = text.Length;
        return length;
    }

    private static char Stand(int codePoint) => Characters.IsLetterLikeSymbol(codePoint)
        ? LetterLikeSymbol
        : StandOfCategory[(int)Characters.Category(codePoint)];

    private NotSupportedException TooSlow(int length, TimeSpan limit, Exception? cause) => new(
        $"The regular expression '{_pattern}' of this tokenizer needs more than {limit.TotalSeconds:0} s " +
        $"for a text of {length:N0} characters. " +
        "It backtracks without end; this tokenizer cannot be used for such a text.", cause);
}
