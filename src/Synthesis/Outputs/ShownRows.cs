namespace XlLoraOnnx.Synthesis;

/// <summary>A few rows for a person to look at.</summary>
/// <param name="rows">Anchors of the input.</param>
internal sealed class ShownRows(long rows)
{
    private const int MaxRejected = 5, MaxTriplets = 10;

    private readonly List<SynthesisResult> _rejected = [], _examples = [];

    /// <summary>The first few rejected rows.</summary>
    public IReadOnlyList<SynthesisResult> Rejected => _rejected;

    /// <summary>Triplets from all over the input, so that a file sorted by language shows them all.</summary>
    public IReadOnlyList<SynthesisResult> Examples => _examples;

    /// <summary>Takes the rows in the order of the input.</summary>
    public void Add(OutputRow row)
    {
        if (row.Rejected is not null)
        {
            if (_rejected.Count < MaxRejected)
                _rejected.Add(row.Result());
        }
        // the first of each tenth
        else if (row.Anchor.Row * MaxTriplets / rows > (_examples.Count == 0 ? -1 : _examples[^1].RowId * MaxTriplets / rows))
        {
            _examples.Add(row.Result());
        }
    }
}
