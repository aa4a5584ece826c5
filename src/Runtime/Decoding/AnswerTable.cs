namespace XlLoraOnnx.Runtime;

/// <summary>
/// What comes after two tokens in the answers of a device, as a rule: of each two the token that most often came behind them (R. Boyer and
/// J. Moore 1991, a majority by votes). An adapter has answers of its own: what another was trained for says other things, and how fast a row
/// runs must not tell whoever has one adapter what others are told.
/// </summary>
/// <param name="mostPairs">That are kept; the oldest go.</param>
internal sealed class AnswerTable(int mostPairs = 1 << 16)
{
    /// <summary>Fewer are no rule.</summary>
    private const int LeastVotes = 2;

    private const int MostVotes = 8;

    private const int Tokens = 2;

    private readonly Dictionary<TokenPair, (int Next, int Votes)> _next = [];
    private readonly Queue<TokenPair> _pairs = [];

    private readonly record struct TokenPair(AdapterKey? Adapter, int First, int Second);

    /// <summary>Pairs that are kept.</summary>
    public int Count => _next.Count;

    /// <summary>The end of the prompt counts: a row whose prompt ends alike may begin alike.</summary>
    public void Add(AdapterKey? adapter, ReadOnlySpan<int> prompt, ReadOnlySpan<int> answer)
    {
        ReadOnlySpan<int> tokens = [.. prompt[Math.Max(0, prompt.Length - Tokens)..], .. answer];
        for (var i = Tokens; i < tokens.Length; i++)
            Vote(new TokenPair(adapter, tokens[i - 2], tokens[i - 1]), tokens[i]);
    }

    /// <summary>Writes what follows, a token after the other, as long as there is a rule.</summary>
    /// <param name="found">Receives the tokens.</param>
    /// <returns>How many there are.</returns>
    public int After(AdapterKey? adapter, ReadOnlySpan<int> tokens, Span<int> found)
    {
        if (tokens.Length < Tokens)
            return 0;
        var pair = new TokenPair(adapter, tokens[^2], tokens[^1]);
        var count = 0;
        while (count < found.Length && _next.TryGetValue(pair, out var next) && next.Votes >= LeastVotes)
        {
            found[count++] = next.Next;
            pair = new TokenPair(adapter, pair.Second, next.Next);
        }
        return count;
    }

    private void Vote(TokenPair pair, int token)
    {
        if (!_next.TryGetValue(pair, out var next))
        {
            if (_pairs.Count == mostPairs)
                _next.Remove(_pairs.Dequeue());
            _pairs.Enqueue(pair);
            next = (token, 0);
        }
        var votes = next.Next == token ? Math.Min(MostVotes, next.Votes + 1) : next.Votes - 1;
        _next[pair] = votes > 0 ? (next.Next, votes) : (token, 1);
    }
}
