namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// The split patterns of the great model families, by a scanner that reads the text once. They are known by their exact text; what they
/// mean is written down alternative by alternative, since a general engine would need backtracking for the look-ahead in them.
/// </summary>
internal sealed class KnownPattern : SplitPattern
{
    private const string Gpt2Text = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    private const string Tail = @"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Head = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+";

    private static readonly Dictionary<string, KnownPattern> ByText = new(StringComparer.Ordinal)
    {
        [Gpt2Text] = new KnownPattern { _gpt2 = true, _digits = int.MaxValue },
        [@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] =
            new KnownPattern { _gpt2 = true, _digits = int.MaxValue },
        [Head + @"|\p{N}{1,3}" + Tail] = new KnownPattern { _digits = 3 },
        [Head + @"|\p{N}" + Tail] = new KnownPattern { _digits = 1 },
    };

    private bool _gpt2;
    private int _digits;

    /// <summary>What ByteLevel cuts with.</summary>
    public static KnownPattern Gpt2 { get; } = ByText[Gpt2Text];

    public static KnownPattern? Find(string pattern) => ByText.GetValueOrDefault(pattern);

    public override void FindMatches(ReadOnlySpan<char> text, MatchList matches, RegexScratch scratch)
    {
        for (var i = 0; i < text.Length;)
        {
            var end = _gpt2 ? NextOfGpt2(text, i) : Next(text, i);
            matches.Add(i, end);
            i = end;
        }
    }

    private static int NextOfGpt2(ReadOnlySpan<char> text, int start)
    {
        if (Contraction(text, start, ignoreCase: false) is var end && end > start)
            return end;
        var first = text[start] == ' ' && start + 1 < text.Length ? start + 1 : start;
        var codePoint = Characters.At(text, first, out _);
        if (Characters.IsLetter(codePoint))
            return LettersEnd(text, first);
        if (Characters.IsNumber(codePoint))
            return NumbersEnd(text, first, int.MaxValue);
        return Characters.IsSpace(codePoint) ? SpacesEnd(text, start) : SymbolsEnd(text, first);
    }

    private int Next(ReadOnlySpan<char> text, int start)
    {
        if (Contraction(text, start, ignoreCase: true) is var end && end > start)
            return end;
        var codePoint = Characters.At(text, start, out var width);
        if (Characters.IsLetter(codePoint))
            return LettersEnd(text, start);
        if (Characters.IsNumber(codePoint))
            return NumbersEnd(text, start, _digits);
        // [^\r\n\p{L}\p{N}]?\p{L}+
        if (codePoint is not ('\r' or '\n') && start + width < text.Length
            && Characters.IsLetter(Characters.At(text, start + width, out _)))
            return LettersEnd(text, start + width);
        if (!Characters.IsSpace(codePoint))
            return LineEndsEnd(text, SymbolsEnd(text, start));
        // " ?[^\s\p{L}\p{N}]+[\r\n]*"
        if (codePoint == ' ' && start + 1 < text.Length
            && !Characters.IsLetterOrNumberOrSpace(Characters.At(text, start + 1, out _)))
            return LineEndsEnd(text, SymbolsEnd(text, start + 1));
        return SpacesOrLinesEnd(text, start);
    }

    /// <returns><paramref name="start"/> where there is none.</returns>
    private static int Contraction(ReadOnlySpan<char> text, int start, bool ignoreCase)
    {
        if (text[start] != '\'' || start + 1 >= text.Length)
            return start;
        var first = Fold(text[start + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd')
            return start + 2;
        if (start + 2 >= text.Length)
            return start;
        var second = Fold(text[start + 2], ignoreCase);
        return (first, second) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? start + 3 : start;
    }

    /// <summary>The long s is an s to everybody who ignores case.</summary>
    private static char Fold(char c, bool ignoreCase) => !ignoreCase ? c : c == '\u017F' ? 's' : char.ToLowerInvariant(c);

    private static int LettersEnd(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length && Characters.IsLetter(Characters.At(text, i, out var width)))
            i += width;
        return i;
    }

    private static int NumbersEnd(ReadOnlySpan<char> text, int i, int most)
    {
        for (var count = 0; count < most && i < text.Length && Characters.IsNumber(Characters.At(text, i, out var width)); count++)
            i += width;
        return i;
    }

    private static int SymbolsEnd(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length && !Characters.IsLetterOrNumberOrSpace(Characters.At(text, i, out var width)))
            i += width;
        return i;
    }

    private static int LineEndsEnd(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length && text[i] is '\r' or '\n')
            i++;
        return i;
    }

    /// <summary><c>\s*[\r\n]+|\s+(?!\S)|\s+</c>: up to the last line end of the run, else as below.</summary>
    private static int SpacesOrLinesEnd(ReadOnlySpan<char> text, int start)
    {
        var end = RunEnd(text, start);
        var lineEnd = text[start..end].LastIndexOfAny('\r', '\n');
        return lineEnd >= 0 ? start + lineEnd + 1 : WithoutLastSpace(text, start, end);
    }

    /// <summary><c>\s+(?!\S)|\s+</c>: the run, but its last space belongs to what follows.</summary>
    private static int SpacesEnd(ReadOnlySpan<char> text, int start) => WithoutLastSpace(text, start, RunEnd(text, start));

    private static int WithoutLastSpace(ReadOnlySpan<char> text, int start, int end) =>
        end == text.Length || end - start == 1 ? end : end - 1;

    /// <summary>White space has no surrogate pairs.</summary>
    private static int RunEnd(ReadOnlySpan<char> text, int i)
    {
        while (i < text.Length && Characters.IsSpace(text[i]))
            i++;
        return i;
    }
}
