using System.Globalization;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>The tables of a dataset card.</summary>
internal static class CardCounts
{
    public static void Append(StringBuilder card, RunReportData data)
    {
        var counts = data.Counts;
        var share = CardText.Percent(counts.Triplets, counts.Triplets + counts.Rejected);
        Table(card, "Counts", ["", "Count"],
        [
            ["Anchors", CardText.Number(counts.Anchors)],
            ["Different anchors", CardText.Number(counts.DistinctAnchors)],
            ["Rows asked for", CardText.Number(counts.Rows)],
            ["Triplets", $"{CardText.Number(counts.Triplets)} ({share} of the decided)"],
            ["Rows given up", CardText.Number(counts.Rejected)],
            ["Answers generated", CardText.Number(counts.Attempts)],
        ]);
        Table(card, "Languages of the anchors", ["Language", "Code", "Anchors", "Triplets"], data.Languages.Select(l => new[]
        {
            CardText.Inline(l.Name), CardText.Inline(l.Code), CardText.Number(l.Anchors), CardText.Number(l.Triplets),
        }));
        Table(card, "Accepted answers", ["Column", "Adapter", "Answers", "Accepted", "Share", "Repaired"], data.Acceptance.Select(a => new[]
        {
            Column(a.Side), a.Adapter is null ? "none" : CardText.Inline(a.Adapter), CardText.Number(a.Answers),
            CardText.Number(a.Accepted), CardText.Percent(a.Accepted, a.Answers), CardText.Number(a.Repaired),
        }));
        Table(card, "Rejections", ["Reason", "Column", "Answers", "Rows given up"], data.Rejections.Select(r => new[]
        {
            RejectionReasons.Name(r.Reason), r.Side is { } side ? Column(side) : "row", CardText.Number(r.Answers), CardText.Number(r.Rows),
        }));
        Table(card, "Repairs", ["Rule", "Answers"], data.Repairs.Select(r => new[] { CardText.Inline(r.Name), CardText.Number(r.Count) }));
        Truth(card, data.Truth);
        Texts(card, data);
    }

    private static void Truth(StringBuilder card, ReportTruth? truth)
    {
        if (truth is null)
            return;
        Table(card, "Against the ground truth", ["Answers", "Judged", "Entailments", "Contradictions"],
            new[] { ("raw", truth.Raw), ("accepted", truth.Accepted) }.Select(t => new[]
            {
                t.Item1, CardText.Number(t.Item2.Count), CardText.Percent(t.Item2.Entailments, t.Item2.Count),
                CardText.Percent(t.Item2.Contradictions, t.Item2.Count),
            }));
    }

    private static void Texts(StringBuilder card, RunReportData data)
    {
        Table(card, "Lengths", ["Column", "Unit", "Least", "Mean", "Most"], data.Lengths
            .SelectMany(l => new (string Column, string Unit, HistogramData? Data)[]
            {
                (l.Column, "characters", l.CharacterCounts), (l.Column, "tokens", l.TokenCounts),
            })
            .Where(l => l.Data is { Mean: not null }).Select(l => new[]
            {
                $"`{l.Column}`", l.Unit, CardText.Number(l.Data!.Least!.Value),
                l.Data.Mean!.Value.ToString("N1", CultureInfo.InvariantCulture), CardText.Number(l.Data.Most!.Value),
            }));
        if (data.NearDuplicates is { } near)
        {
            DatasetCard.Line(card, "");
            DatasetCard.Line(card, $"Accepted answers that nearly equal an earlier one: {CardText.Number(near)}.");
        }
    }

    private static string Column(SynthesisSide side) => side == SynthesisSide.Positive ? "`sent1`" : "`hard_neg`";

    private static void Table(StringBuilder card, string title, string[] heads, IEnumerable<string[]> rows)
    {
        var lines = rows.ToList();
        if (lines.Count == 0)
            return;
        DatasetCard.Line(card, "");
        DatasetCard.Line(card, $"## {title}");
        DatasetCard.Line(card, "");
        DatasetCard.Line(card, $"| {string.Join(" | ", heads)} |");
        DatasetCard.Line(card, $"|{string.Concat(heads.Select(_ => "---|"))}");
        foreach (var line in lines)
            DatasetCard.Line(card, $"| {string.Join(" | ", line)} |");
    }
}
