namespace XlLoraOnnx.Synthesis;

/// <summary>A decided row on its way into the outputs.</summary>
internal sealed class OutputRow(KeyedAnchor anchor, int sample)
{
    private OutputAnswer[]? _answers;

    public KeyedAnchor Anchor => anchor;

    public int Sample => sample;

    /// <summary>Null where there is none: of a side that is not asked for, or of an anchor that was not sent to the model.</summary>
    public OutputAnswer? Positive { get; init; }

    public OutputAnswer? Negative { get; init; }

    /// <summary>Null for a triplet.</summary>
    public Rejection? Rejected { get; set; }

    /// <summary>The judge finds the hard negative closer to the anchor than the positive.</summary>
    public bool Flagged { get; set; }

    public string Id => sample == 0 ? anchor.Key.ToString() : $"{anchor.Key}-{sample}";

    /// <summary>The key in an <see cref="Id"/>.</summary>
    public static RowKey KeyOf(string id) => RowKey.Parse(id.AsSpan(0, 2 * RowKey.Bytes));

    /// <summary>Those there are, the positive first.</summary>
    public IReadOnlyList<OutputAnswer> Answers => _answers ??= (Positive, Negative) switch
    {
        ({ } positive, { } negative) => [positive, negative],
        ({ } positive, null) => [positive],
        (null, { } negative) => [negative],
        _ => [],
    };

    public SynthesisResult Result() => new()
    {
        RowId = anchor.Row,
        Sample = sample,
        Sent0 = anchor.Text,
        Language = anchor.Language,
        Sent1 = Positive?.Shown,
        HardNeg = Negative?.Shown,
        Rejected = Rejected,
    };
}

/// <param name="Answer">As it is in the journal.</param>
/// <param name="Context">Name of what it was made with.</param>
/// <param name="Adapter">That made it; null for the base model.</param>
internal sealed record OutputAnswer(JournalAnswer Answer, string Context, string? Adapter)
{
    /// <summary>Null where the generator gave none.</summary>
    public string? Shown => Answer.Reason < RejectionReason.Length ? null : Answer.Text;
}
