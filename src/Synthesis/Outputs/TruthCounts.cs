namespace XlLoraOnnx.Synthesis;

/// <summary>How many answers are right in a closed world: as the model wrote them, and of those that the filters let through.</summary>
internal sealed class TruthCounts(GroundTruth truth)
{
    private static readonly TruthShares None = new(0, 0, 0);

    private readonly SortedDictionary<string, TruthShares> _languages = new(StringComparer.Ordinal);
    private TruthShares _raw = None;
    private TruthShares _accepted = None;
    private int _rejected, _unknown;

    public void Add(OutputRow row)
    {
        var written = row.Result() with
        {
            Sent1 = row.Positive?.Answer is { } p ? p.RawText ?? p.Text : null,
            HardNeg = row.Negative?.Answer is { } n ? n.RawText ?? n.Text : null,
            Rejected = null,
        };
        if (truth.Judge(written) is { } raw)
            _raw = _raw.Add(raw);
        if (row.Rejected is not null)
        {
            _rejected++;
            return;
        }
        if (truth.Judge(row.Result()) is not { } judgement)
        {
            _unknown++;
            return;
        }
        _accepted = _accepted.Add(judgement);
        _languages[judgement.Language] = _languages.GetValueOrDefault(judgement.Language, None).Add(judgement);
    }

    public ReportTruth Shares() => new(_raw, _accepted);

    public GroundTruthReport Report() => new()
    {
        Raw = _raw,
        Total = _accepted,
        Languages = _languages,
        Rejected = _rejected,
        Unknown = _unknown,
    };
}
