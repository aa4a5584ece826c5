namespace XlLoraOnnx.Runtime;

/// <summary>
/// What a row may go on with: what comes after its last two tokens in answers of the same adapter, as a rule, or what followed its last
/// three or two before in the row itself (prompt lookup decoding, A. Saxena 2023; transformers' <c>prompt_lookup_num_tokens</c>). One
/// engine's; one thread at a time.
/// </summary>
/// <param name="most">Tokens at a time.</param>
internal sealed class PromptLookup(int most)
{
    /// <summary>Single tokens come again without what followed them.</summary>
    private const int ShortestMatch = 2, LongestMatch = 3;

    /// <summary>Below this share of tokens that were chosen, so many steps go by without any.</summary>
    private const double LeastShare = 0.25;

    private const int Rest = 16;

    private readonly AnswerTable _answers = new();
    private readonly int[] _found = new int[most];
    private int[] _tokens = [];
    private double _share = 0.5;
    private int _resting;

    /// <param name="room">Tokens that can be used; may be 0 or less.</param>
    public ReadOnlySpan<int> Find(ContinuousRow row, int room)
    {
        if (room <= 0)
            return [];
        if (_resting > 0)
        {
            _resting--;
            return [];
        }
        var tokens = TokensOf(row);
        var found = _found.AsSpan(0, Math.Min(room, _found.Length));
        if (_answers.After(row.Adapter, tokens, found) is > 0 and var count)
            return found[..count];
        for (var length = Math.Min(LongestMatch, tokens.Length - 1); length >= ShortestMatch; length--)
        {
            // what comes behind the match may overlap with the row's end, but is never empty
            if (tokens[..^1].LastIndexOf(tokens[^length..]) is >= 0 and var start)
                return tokens.Slice(start + length, Math.Min(found.Length, tokens.Length - start - length));
        }
        return [];
    }

    /// <summary>Of what was found, so many tokens were chosen. The clock has no say in it.</summary>
    public void Judge(int found, int accepted)
    {
        _share = 0.9 * _share + 0.1 * accepted / found;
        _resting = _share < LeastShare ? Rest : 0;
    }

    /// <summary>A row that has ended.</summary>
    public void Remember(ContinuousRow row)
    {
        if (row.EndsFor is null && row.Source is null)
            _answers.Add(row.Adapter, row.Prompt, row.Running.TokenSpan);
    }

    private ReadOnlySpan<int> TokensOf(ContinuousRow row)
    {
        var answer = row.Running.TokenSpan;
        var length = row.Prompt.Length + answer.Length;
        if (_tokens.Length < length)
            _tokens = new int[2 * length];
        row.Prompt.CopyTo(_tokens, 0);
        answer.CopyTo(_tokens.AsSpan(row.Prompt.Length));
        return _tokens.AsSpan(0, length);
    }
}
