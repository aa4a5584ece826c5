namespace XlLoraOnnx.Runtime;

/// <summary>
/// What a row may go on with: what followed its last few tokens before, in the row itself (prompt lookup decoding, A. Saxena 2023;
/// transformers' <c>prompt_lookup_num_tokens</c>) or in answers of the same adapter before it. One engine's; one thread at a time.
/// </summary>
internal sealed class PromptLookup
{
    private const int LongestMatch = 3;

    private const int LongestRest = 16;

    private readonly AnswerTable _answers = new();
    private readonly int _most;
    private int[] _tokens = [];
    private int _ahead;
    private int _rest;
    private int _resting;

    /// <param name="most">Tokens at a time.</param>
    public PromptLookup(int most) => _ahead = _most = most;

    /// <summary>The longest match counts, and of equal ones the last; the row itself before other answers.</summary>
    /// <param name="room">Tokens that can be used; may be 0 or less.</param>
    public int[] Find(ContinuousRow row, int room)
    {
        room = Math.Min(room, _ahead);
        if (room <= 0)
            return [];
        if (_resting > 0)
        {
            _resting--;
            return [];
        }
        var tokens = TokensOf(row);
        for (var length = Math.Min(LongestMatch, tokens.Length - 1); length > 0; length--)
        {
            // what comes behind the match may overlap with the row's end, but is never empty
            var start = tokens[..^1].LastIndexOf(tokens[^length..]);
            var found = start >= 0 ? tokens[(start + length)..]
                : length == AnswerTable.Match ? _answers.After(row.Adapter, tokens[^length..]) : [];
            if (found.Length > 0)
                return found[..Math.Min(room, found.Length)].ToArray();
        }
        return [];
    }

    /// <summary>As many as were chosen are likely to be chosen again; where none are, steps go by without.</summary>
    public void Judge(int found, int accepted)
    {
        _ahead = accepted == found ? Math.Min(_most, 2 * _ahead) : accepted + 1;
        _rest = accepted > 0 ? 0 : Math.Clamp(2 * _rest, 1, LongestRest);
        _resting = _rest;
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
