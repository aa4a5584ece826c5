namespace XlLoraOnnx.Runtime;

/// <summary>Anchors that are generated together: two requests for each, and the answers until both are there.</summary>
internal sealed class SynthesisWindow(SynthesisOptions options)
{
    private readonly PromptTemplate _positive = PromptTemplate.Positive(options.PromptSet);
    private readonly PromptTemplate _negative = PromptTemplate.Negative(options.PromptSet);
    private readonly List<GenerationRequest> _requests = [];
    private readonly Dictionary<long, Row> _rows = [];

    public int Count => _requests.Count / 2;

    public IReadOnlyList<GenerationRequest> Requests => _requests;

    /// <summary>Anchors whose answers are not both in.</summary>
    public IEnumerable<Anchor> Unanswered => _rows.Values.Select(r => r.Anchor);

    public void Add(Anchor anchor)
    {
        if (!_rows.TryAdd(anchor.RowId, new Row(anchor)))
            throw new ArgumentException($"Row id {anchor.RowId} occurs twice among the anchors; each must have its own.");
        // Derived from the row id, not from the place in the window: a generator may seed each row by it.
        long id = checked(2 * anchor.RowId);
        _requests.Add(Request(id, _positive, options.Positive, anchor));
        _requests.Add(Request(id + 1, _negative, options.Negative, anchor));
    }

    /// <summary>The finished row once its second answer arrives.</summary>
    public SynthesisResult? Accept(GenerationResult generated)
    {
        bool isPositive = generated.RowId % 2 == 0;
        long rowId = generated.RowId >> 1;
        if (!_rows.TryGetValue(rowId, out var row) || (isPositive ? row.Positive : row.Negative) is not null)
            throw new InvalidOperationException(
                $"The generator answered request {generated.RowId}, which was not asked or has been answered; " +
                "it must give one result for each request.");
        if (isPositive)
            row.Positive = generated;
        else
            row.Negative = generated;
        if (row.Positive is null || row.Negative is null)
            return null;
        _rows.Remove(rowId);
        return TripletChecks.Combine(row.Anchor, row.Positive, row.Negative);
    }

    private GenerationRequest Request(long id, PromptTemplate prompt, string? adapter, Anchor anchor) => new()
    {
        RowId = id,
        UserMessage = prompt.Fill(options.Language, anchor.Sent0),
        Adapter = adapter,
        Sampling = options.Sampling,
        MaxNewTokens = options.MaxNewTokens,
    };

    private sealed class Row(Anchor anchor)
    {
        public Anchor Anchor => anchor;

        public GenerationResult? Positive { get; set; }

        public GenerationResult? Negative { get; set; }
    }
}
