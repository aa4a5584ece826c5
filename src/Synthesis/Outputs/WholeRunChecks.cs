using System.Globalization;
using System.Numerics.Tensors;

namespace XlLoraOnnx.Synthesis;

/// <summary>What a row is worth beside all the others; rows come in the order of the input, so that the result does not depend on when
/// they were made.</summary>
/// <param name="rows">About how many there are.</param>
internal sealed class WholeRunChecks(SynthesisJobOptions job, long rows)
{
    // by side
    private readonly NearDuplicateIndex[] _near = [.. TripletColumns.Sides.Select(_ => new NearDuplicateIndex())];
    private readonly FrequentTexts[] _texts = [.. TripletColumns.Sides.Select(_ => new FrequentTexts(rows))];

    /// <summary>Rows that have nearly the same answer as an earlier one.</summary>
    public long NearDuplicateRows { get; private set; }

    /// <summary>Rows that the judge marked.</summary>
    public long Flagged { get; private set; }

    /// <summary>How often each answer of a side occurs.</summary>
    public FrequentTexts Texts(SynthesisSide side) => _texts[(int)side];

    /// <summary>Marks triplets whose hard negative is closer to the anchor than the positive.</summary>
    public async Task JudgeAsync(IReadOnlyList<OutputRow> rows, CancellationToken cancellationToken)
    {
        if (job.Judge is not { } judge)
            return;
        var whole = rows.Where(r => r.Rejected is null).ToArray();
        string[] texts = [.. whole.SelectMany(r => new[] { r.Anchor.Text, r.Positive!.Answer.Text, r.Negative!.Answer.Text })];
        var vectors = await judge.EmbedAsync(texts, prompt: null, progress: null, cancellationToken).ConfigureAwait(false);
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
                    $"{judge.Identity().ModelName} finds hard_neg closer to the anchor ({negative:0.000}) than sent1 ({positive:0.000})."),
                    SynthesisSide.Negative);
        }
    }

    /// <summary>Counts the answers of accepted rows, and rejects rows that are to be; the sides side by side, each in the order of the
    /// rows.</summary>
    public void Check(IReadOnlyList<OutputRow> rows)
    {
        var counted = rows.Where(r => r.Rejected is null).ToArray();
        var found = new Sight[2][];
        Parallel.ForEach(TripletColumns.Sides, side => found[(int)side] = Look(side, counted));
        var (positive, negative) = (found[(int)SynthesisSide.Positive], found[(int)SynthesisSide.Negative]);
        for (var i = 0; i < counted.Length; i++)
        {
            NearDuplicateRows += positive[i].Near is not null || negative[i].Near is not null ? 1 : 0;
            counted[i].Rejected = Refuse(SynthesisSide.Positive, positive[i]) ?? Refuse(SynthesisSide.Negative, negative[i]);
        }
    }

    private Sight[] Look(SynthesisSide side, OutputRow[] rows)
    {
        var found = new Sight[rows.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            if ((side == SynthesisSide.Positive ? rows[i].Positive : rows[i].Negative)?.Answer.Text is not { } text)
                continue;
            using var folded = new FoldedText(text);
            found[i] = new Sight(
                _texts[(int)side].Add(text, folded.Text), _near[(int)side].Add(rows[i].Anchor.Row, folded.Text));
        }
        return found;
    }

    private Rejection? Refuse(SynthesisSide side, Sight found)
    {
        if (found.Near is { } near && job.RejectNearDuplicates)
            return new Rejection(RejectionReason.NearDuplicate, string.Create(CultureInfo.InvariantCulture,
                $"{TripletColumns.Of(side)} is nearly that of row {near.Row} ({near.Similarity:0.00})."), side);
        return found.Times > job.MaxOccurrences
            ? new Rejection(RejectionReason.TooFrequent, string.Create(CultureInfo.InvariantCulture,
                $"{TripletColumns.Of(side)} has occurred {job.MaxOccurrences:N0} times before."), side)
            : null;
    }

    /// <param name="Times">How often the text has occurred, this time included; 0 where there is none.</param>
    private readonly record struct Sight(int Times, NearDuplicateOf? Near);
}
