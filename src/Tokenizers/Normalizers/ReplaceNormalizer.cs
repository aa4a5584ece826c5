namespace XlLoraOnnx.Tokenizers;

/// <summary><c>Replace</c>: every match of a pattern by a text.</summary>
internal sealed class ReplaceNormalizer(SplitPattern pattern, string content) : INormalizer
{
    public void Normalize(WorkingText text)
    {
        text.Matches.Clear();
        pattern.FindMatches(text.Chars, text.Matches, text.Regex);
        if (text.Matches.Count == 0)
            return;
        text.BeginRewrite();
        var copied = 0;
        for (var i = 0; i < text.Matches.Count; i++)
        {
            var (start, end) = text.Matches[i];
            text.Copy(copied, start - copied);
            // What replaces counts as the last character of what it replaced; an empty match inserts beside its neighbour.
            var last = Math.Max(end - 1, 0);
            if (text.Length > 0)
                text.Write(content, last, last + 1);
            copied = end;
        }
        text.Copy(copied, text.Length - copied);
        text.EndRewrite();
    }
}

/// <summary><c>Replace</c> of one character by one: what Gemma does with each space.</summary>
internal sealed class ReplaceCharNormalizer(char old, char replacement) : INormalizer
{
    public void Normalize(WorkingText text) => text.ReplaceChar(old, replacement);
}

/// <summary><c>Prepend</c>: a text before every text that is not empty.</summary>
internal sealed class PrependNormalizer(string content) : INormalizer
{
    public void Normalize(WorkingText text)
    {
        if (text.Length == 0)
            return;
        Characters.At(text.Chars, 0, out var width);
        text.BeginRewrite();
        text.Write(content, 0, width);
        text.Copy(0, text.Length);
        text.EndRewrite();
    }
}
