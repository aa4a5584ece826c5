using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>demo --full</c> found.</summary>
internal sealed record FullDemoResult
{
    /// <summary>That have a truth, and were answered.</summary>
    public required long Anchors { get; init; }

    /// <summary>Triplets that came of them.</summary>
    public required IReadOnlyList<SynthesisResult> Held { get; init; }

    /// <summary>What they are judged by.</summary>
    public required GroundTruth Truth { get; init; }

    /// <summary>That the encoder was trained on.</summary>
    public required long Triplets { get; init; }

    /// <summary>The encoder before (A) and after (B).</summary>
    public required ComparisonReport Comparison { get; init; }

    /// <summary>SVG of the losses of the positive adapter, the negative one, and the encoder.</summary>
    public required IReadOnlyList<string> Curves { get; init; }
}

/// <summary><c>demo.html</c>: one page that needs nothing beside it and runs nothing.</summary>
internal static class FullDemoPage
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8884; }
        body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
        table { border-collapse: collapse; margin: 1rem 0; }
        td, th { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: left; }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
        img { max-width: 100%; height: auto; }
        .scroll { overflow-x: auto; }
        """;

    private static readonly string[] Trainings =
        ["Adapter pos: what follows", "Adapter neg: what contradicts", "Encoder: contrast of triplets"];

    public static string Write(FullDemoResult result)
    {
        // browsers hash what they have parsed, and they parse CR LF as LF
        var style = Style.ReplaceLineEndings("\n");
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(style)));
        return $"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'sha256-{hash}'">
            <title>xllora-onnx demo --full</title>
            <style>{style}</style>
            </head>
            <body>
            <h1>From a frozen base to a better encoder</h1>
            <h2>What the adapters write</h2>
            {Truth(result)}
            {Table(["anchor", "positive", "hard negative"], Examples(result.Held), numbersFrom: 3)}
            <h2>What the triplets did to the encoder</h2>
            <p>On pairs and questions of the same held-out events; intervals of the difference by paired bootstrap.</p>
            {Comparison(result.Comparison)}
            <h2>How the trainings went</h2>
            {string.Concat(Trainings.Zip(result.Curves).Select(c => Picture(c.First, c.Second)))}
            </body>
            </html>

            """.ReplaceLineEndings("\n");
    }

    private static string Truth(FullDemoResult result)
    {
        var truth = result.Truth.Report(result.Held).Total;
        return $"""
            <p>{Quantities.Count(truth.Count)} triplets for {Quantities.Count(result.Anchors)} anchors of events that no training held, in
            ten languages, judged by the rules of their world: <strong>{Quantities.Percent(truth.EntailmentShare)}</strong> of the positives follow from their anchor,
            <strong>{Quantities.Percent(truth.ContradictionShare)}</strong> of the hard negatives contradict it.
            The encoder learned from {Quantities.Count(result.Triplets)} other triplets that they wrote.</p>
            """;
    }

    /// <summary>Of languages that take turns.</summary>
    private static IEnumerable<string[]> Examples(IReadOnlyList<SynthesisResult> triplets)
    {
        const int Shown = 10;
        var stride = Math.Max(1, triplets.Count / Shown);
        return triplets.Where((_, i) => i % stride == 0).Take(Shown).Select(t => new[] { t.Sent0, t.Sent1 ?? "", t.HardNeg ?? "" });
    }

    private static string Comparison(ComparisonReport comparison) => Table(
        ["task", "score", "before", "after", "difference", Quantities.Percent(comparison.Confidence) + " interval", "p", "verdict"],
        comparison.Metrics.Select(m => new[]
        {
            m.TaskName, m.Metric + (m.LowerIsBetter ? " (lower is better)" : ""), ComparisonView.Number(m.A),
            ComparisonView.Number(m.B), ComparisonView.Signed(m.Difference),
            m.Interval is { } i ? $"{ComparisonView.Signed(i.Low)} to {ComparisonView.Signed(i.High)}" : "",
            ComparisonView.Number(m.PValue), m.Verdict,
        }), numbersFrom: 2);

    private static string Picture(string name, string svg) => $"""
        <h3>{Text(name)}</h3>
        <img alt="Loss over the steps: {Text(name)}" src="data:image/svg+xml;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(svg))}">

        """;

    /// <param name="numbersFrom">The first column that is aligned as numbers are.</param>
    private static string Table(string[] head, IEnumerable<string[]> rows, int numbersFrom)
    {
        var lines = rows.Select(r => Row("td", r)).Prepend(Row("th", head));
        return $"<div class=\"scroll\"><table>\n{string.Join('\n', lines)}\n</table></div>";

        string Row(string tag, string[] cells) => "<tr>" + string.Concat(cells.Select(
            (cell, i) => $"<{tag}{(i >= numbersFrom ? " class=\"n\"" : "")}>{Text(cell)}</{tag}>")) + "</tr>";
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
