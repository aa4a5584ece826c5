namespace XlLoraOnnx.Runtime;

/// <summary>
/// The last answers of a device, found by a few tokens in a row. An adapter has a table of its own: what another was trained for says
/// other things, and how fast a row runs must not tell whoever has one adapter what others are told.
/// </summary>
/// <param name="mostTokens">Of all answers together; the oldest go.</param>
internal sealed class AnswerTable(int mostTokens = 1 << 16)
{
    /// <summary>Tokens by which an answer is found.</summary>
    public const int Match = 2;

    private readonly Queue<Answer> _answers = [];
    private readonly Dictionary<(AdapterKey? Adapter, int First, int Second), (Answer Answer, int Next)> _places = [];

    /// <param name="Tokens">The end of the prompt, then the answer.</param>
    private sealed record Answer(AdapterKey? Adapter, int[] Tokens);

    /// <summary>Tokens that are kept.</summary>
    public int Tokens { get; private set; }

    /// <summary>The end of the prompt is kept too: a row that ends alike may begin alike.</summary>
    public void Add(AdapterKey? adapter, ReadOnlySpan<int> prompt, ReadOnlySpan<int> answer)
    {
        int[] tokens = [.. prompt[Math.Max(0, prompt.Length - Match)..], .. answer];
        if (tokens.Length <= Match || tokens.Length > mostTokens)
            return;
        var added = new Answer(adapter, tokens);
        _answers.Enqueue(added);
        Tokens += tokens.Length;
        for (var next = Match; next < tokens.Length; next++)
            _places[Key(adapter, tokens.AsSpan(next - Match, Match))] = (added, next);
        while (Tokens > mostTokens)
            Forget(_answers.Dequeue());
    }

    /// <summary>What came behind these tokens in the last answer that had them; empty where none did.</summary>
    /// <param name="tokens">As many as <see cref="Match"/>.</param>
    public ReadOnlySpan<int> After(AdapterKey? adapter, ReadOnlySpan<int> tokens) =>
        _places.TryGetValue(Key(adapter, tokens), out var place) ? place.Answer.Tokens.AsSpan(place.Next) : [];

    private void Forget(Answer answer)
    {
        Tokens -= answer.Tokens.Length;
        for (var next = Match; next < answer.Tokens.Length; next++)
        {
            var key = Key(answer.Adapter, answer.Tokens.AsSpan(next - Match, Match));
            if (_places.TryGetValue(key, out var place) && ReferenceEquals(place.Answer, answer))
                _places.Remove(key);
        }
    }

    private static (AdapterKey? Adapter, int First, int Second) Key(AdapterKey? adapter, ReadOnlySpan<int> tokens) =>
        (adapter, tokens[0], tokens[1]);
}
