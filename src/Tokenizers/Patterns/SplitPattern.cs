namespace XlLoraOnnx.Tokenizers;

/// <summary>Finds where text is cut or replaced.</summary>
internal abstract class SplitPattern
{
    /// <summary>Adds every match within <paramref name="text"/>, in order and without overlap.</summary>
    public abstract void FindMatches(ReadOnlySpan<char> text, MatchList matches, RegexScratch scratch);
}

/// <summary>A piece of text, taken literally. The empty one matches nowhere.</summary>
internal sealed class LiteralPattern(string literal) : SplitPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, MatchList matches, RegexScratch scratch)
    {
        if (literal.Length == 0)
            return;
        for (var start = 0; text[start..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var found;)
        {
            matches.Add(start + found, start + found + literal.Length);
            start += found + literal.Length;
        }
    }
}

/// <summary>Every code point of a class by itself.</summary>
internal sealed class CodePointPattern(Func<int, bool> belongs) : SplitPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, MatchList matches, RegexScratch scratch)
    {
        for (var i = 0; i < text.Length;)
        {
            var codePoint = Characters.At(text, i, out var width);
            if (belongs(codePoint))
                matches.Add(i, i + width);
            i += width;
        }
    }
}

/// <summary><c>\w+|[^\w\s]+</c></summary>
internal sealed class WordOrSymbolsPattern : SplitPattern
{
    public override void FindMatches(ReadOnlySpan<char> text, MatchList matches, RegexScratch scratch)
    {
        for (var i = 0; i < text.Length;)
        {
            var codePoint = Characters.At(text, i, out var width);
            var start = i;
            i += width;
            if (Characters.IsSpace(codePoint))
                continue;
            var word = Characters.IsWord(codePoint);
            while (i < text.Length)
            {
                codePoint = Characters.At(text, i, out width);
                if (Characters.IsSpace(codePoint) || Characters.IsWord(codePoint) != word)
                    break;
                i += width;
            }
            matches.Add(start, i);
        }
    }
}
