using System.Globalization;
using System.Numerics.Tensors;

namespace XlLoraOnnx.Runtime;

/// <summary>What a row is worth beside all the others; rows come in the order of the input, so that the result does not depend on when
/// they were made.</summary>
internal sealed class WholeRunChecks(SynthesisJobOptions job)
{
    private readonly Dictionary<SynthesisSide, NearDuplicateIndex> _near = Enum.GetValues<SynthesisSide>().ToDictionary(s => s, _ => new NearDuplicateIndex());
    private readonly Dictionary<SynthesisSide, FrequentTexts> _texts = Enum.GetValues<SynthesisSide>().ToDictionary(s => s, _ => new FrequentTexts());

    /// <summary>Rows that have nearly the same answer as an earlier one.</summary>
    public long NearDuplicateRows { get; private set; }

    /// <summary>Rows that the judge marked.</summary>
    public long Flagged { get; private set; }

    /// <summary>How often each answer of a side occurs.</summary>
    public FrequentTexts Texts(SynthesisSide side) => _texts[side];

    /// <summary>Marks triplets whose hard negative is closer to the anchor than the positive.</summary>
    public async Task JudgeAsync(IReadOnlyList<OutputRow> rows, CancellationToken cancellationToken)
    {
        if (job.Judge is not { } judge)
            return;
        var whole = rows.Where(r => r.Rejected is null).ToArray();
        string[] texts = [.. whole.SelectMany(r => new[] { r.Anchor.Text, r.Positive!.Answer.Text, r.Negative!.Answer.Text })];
        var vectors = await judge.EmbedAsync(texts, cancellationToken: cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < whole.Length; i++)
        {
            var anchor = vectors[3 * i];
            var positive = TensorPrimitives.CosineSimilarity(anchor, vectors[3 * i + 1]);
            var negative = TensorPrimitives.CosineSimilarity(anchor, vectors[3 * i + 2]);
            if (positive >= negative)
                continue;
            whole[i].Flagged = true;
            Flagged++;
            if (job.RejectJudged)
                whole[i].Rejected = new Rejection(RejectionReason.Judge, string.Create(CultureInfo.InvariantCulture,
                    $"{judge.ModelName} finds hard_neg closer to the anchor ({negative:0.000}) than sent1 ({positive:0.000})."),
                    SynthesisSide.Negative);
        }
    }

    /// <summary>Counts an accepted row's answers, and rejects the row if it is to be.</summary>
    public void Check(OutputRow row)
    {
        if (row.Rejected is not null)
            return;
        var isNear = false;
        foreach (var answer in row.Answers.Select(a => a.Answer))
        {
            var times = _texts[answer.Side].Add(answer.Text);
            if (_near[answer.Side].Add(row.Anchor.Row, answer.Text) is { } near)
            {
                isNear = true;
                if (job.RejectNearDuplicates)
                    row.Rejected ??= new Rejection(RejectionReason.NearDuplicate, string.Create(CultureInfo.InvariantCulture,
                        $"{RunIdentity.Column(answer.Side)} is nearly that of row {near.Row} ({near.Similarity:0.00})."), answer.Side);
            }
            if (times > job.MaxOccurrences)
                row.Rejected ??= new Rejection(RejectionReason.TooFrequent, string.Create(CultureInfo.InvariantCulture,
                    $"{RunIdentity.Column(answer.Side)} has occurred {job.MaxOccurrences:N0} times before."), answer.Side);
        }
        if (isNear)
            NearDuplicateRows++;
    }
}
