using System.Buffers;

namespace XlLoraOnnx.Tokenizers;

/// <summary>Finds added tokens: the leftmost one, of those the longest.</summary>
internal sealed class AddedTokenMatcher
{
    private readonly PieceTrie _trie = new();
    private readonly SearchValues<char> _firstChars;
    private readonly AddedToken[] _tokens;

    /// <param name="tokens">Each with the text to look for.</param>
    public AddedTokenMatcher(IReadOnlyList<(AddedToken Token, string Text)> tokens)
    {
        tokens = [.. tokens.Where(t => t.Text.Length > 0)];
        for (var i = 0; i < tokens.Count; i++)
            _trie.Add(tokens[i].Text, i);
        _tokens = [.. tokens.Select(t => t.Token)];
        _firstChars = SearchValues.Create([.. tokens.Select(t => t.Text[0]).Distinct()]);
    }

    /// <summary>The next token at or after a place.</summary>
    /// <param name="position">Where to look on from; where the token before ended. On return, where the next search begins.</param>
    /// <param name="start">Where the token begins, white space before it included.</param>
    /// <returns>Null if there is none left.</returns>
    public AddedToken? Next(ReadOnlySpan<char> text, ref int position, out int start, out int end)
    {
        var from = position;
        while (from < text.Length && text[from..].IndexOfAny(_firstChars) is >= 0 and var found)
        {
            start = from + found;
            var (length, index) = _trie.Longest(PieceTrie.Root, text[start..]);
            if (length == 0)
            {
                from = start + 1;
                continue;
            }
            end = start + length;
            from = end;
            var token = _tokens[index];
            if (token.SingleWord && (EndsWithWord(text[..start]) || BeginsWithWord(text[end..])))
                continue;
            while (token.LeftStrip && start > position && Characters.IsSpace(text[start - 1]))
                start--;
            while (token.RightStrip && end < text.Length && Characters.IsSpace(text[end]))
                end++;
            position = end;
            return token;
        }
        (start, end) = (text.Length, text.Length);
        return null;
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
            return false;
        var last = text.Length > 1 && char.IsSurrogatePair(text[^2], text[^1]) ? text.Length - 2 : text.Length - 1;
        return Characters.IsWord(Characters.At(text, last, out _));
    }

    private static bool BeginsWithWord(ReadOnlySpan<char> text) => !text.IsEmpty && Characters.IsWord(Characters.At(text, 0, out _));
}
