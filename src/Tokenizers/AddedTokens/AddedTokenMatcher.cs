using System.Buffers;

namespace XlLoraOnnx.Tokenizers;

/// <summary>How far a text has been searched for added tokens.</summary>
/// <param name="Searched">Where the last token ends by itself.</param>
/// <param name="Taken">Where it ends with the white space that it takes in: what follows is text.</param>
/// <param name="SpaceEnd">Up to here there is nothing but white space, if <paramref name="Searched"/> lies before it; so that a run of
/// spaces in which many tokens lie is walked through once.</param>
internal readonly record struct AddedTokenCursor(int Searched, int Taken, int SpaceEnd);

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

    /// <summary>The next token.</summary>
    /// <param name="cursor">At the beginning of the text before the first call; on return, behind the token.</param>
    /// <param name="start">Where the token begins, white space before it included; the end of the text if there is none left. It may lie
    /// before the place that the cursor had, or be the end: white space that a token took in is searched all the same, as in the reference.
    /// </param>
    /// <returns>Null if there is none left.</returns>
    public AddedToken? Next(ReadOnlySpan<char> text, ref AddedTokenCursor cursor, out int start, out int end)
    {
        var from = cursor.Searched;
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
            var spaceEnd = cursor.SpaceEnd;
            if (token.RightStrip)
                end = spaceEnd = from < spaceEnd ? spaceEnd : SpaceEnd(text, from);
            while (token.LeftStrip && start > cursor.Taken && Characters.IsSpace(text[start - 1]))
                start--;
            if (token.LeftStrip)
                start = Math.Min(Math.Max(start, cursor.Taken), end);
            cursor = new AddedTokenCursor(from, Taken: end, spaceEnd);
            return token;
        }
        (start, end) = (text.Length, text.Length);
        return null;
    }

    private static int SpaceEnd(ReadOnlySpan<char> text, int start)
    {
        while (start < text.Length && Characters.IsSpace(text[start]))
            start++;
        return start;
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
