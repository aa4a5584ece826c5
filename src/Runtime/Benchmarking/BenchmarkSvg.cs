using System.Globalization;
using System.Security;
using System.Text;

namespace XlLoraOnnx.Runtime;

/// <summary>Tokens a second over the batch size, a line for each case. Batch sizes, which double, stand at equal distances.</summary>
internal static class BenchmarkSvg
{
    private const int Width = 900;
    private const int Height = 480;
    private const int Left = 90;
    private const int Right = 680;
    private const int Top = 76;
    private const int Bottom = 410;
    private const int Ticks = 5;

    private const string Style = """
          <style>
            svg { background: #ffffff; font: 13px system-ui, sans-serif; }
            text { fill: #1f2328; } .quiet { fill: #59636e; stroke: none; } .rule { stroke: #d1d9e0; }
            .line { fill: none; stroke-width: 2.5; } .base { stroke: #59636e; } .one { stroke: #0969da; } .mixed { stroke: #1a7f37; }
            @media (prefers-color-scheme: dark) {
              svg { background: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9198a1; } .rule { stroke: #3d444d; }
              .base { stroke: #9198a1; } .one { stroke: #4493f8; } .mixed { stroke: #3fb950; }
            }
          </style>

        """;

    public static string Draw(GenerationBenchmarkReport report)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" " +
            $"role=\"img\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"  <title>{Escaped($"Generated tokens a second of {report.Model}")}</title>\n");
        svg.Append(Style);
        var options = report.Options;
        Text(svg, 12, 24, $"{report.Model} ({report.Precision}), engine {report.Engine.Engine.ToString().ToLowerInvariant()}");
        Text(svg, 12, 44, string.Create(CultureInfo.InvariantCulture,
            $"prompts of {options.PromptTokens} tokens, {options.SharedTokens} of them shared, answers of {options.NewTokens}; ")
            + report.Machine, "quiet");
        var top = Step(report.Rows.Max(r => Rates(r).Max() ?? 0)) * Ticks;
        DrawAxes(svg, report.Rows, top);
        string[] names = ["without an adapter", .. Names(options.Adapters ?? [])];
        string[] kinds = ["base", "one", "mixed"];
        for (var i = 0; i < names.Length; i++)
            DrawCase(svg, report.Rows, i, top, kinds[i], names[i]);
        return svg.Append("</svg>\n").ToString();
    }

    private static IEnumerable<string> Names(IReadOnlyList<string> adapters) => adapters switch
    {
        [var one] => [$"with {one}"],
        [var one, var other, ..] => [$"with {one}", $"{one} and {other} mixed"],
        _ => [],
    };

    private static double?[] Rates(GenerationBenchmarkRow row) =>
        [row.TokensPerSecond, row.AdapterTokensPerSecond, row.MixedTokensPerSecond];

    /// <summary>A round distance between ticks: 1, 2 or 5 times a power of ten.</summary>
    private static double Step(double most)
    {
        var least = Math.Max(most, 1e-3) / Ticks;
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        return power * (least / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
    }

    private static void DrawAxes(StringBuilder svg, IReadOnlyList<GenerationBenchmarkRow> rows, double top)
    {
        for (var tick = 0; tick <= Ticks; tick++)
        {
            var value = top * tick / Ticks;
            svg.Append(CultureInfo.InvariantCulture,
                $"  <line class=\"rule\" x1=\"{Left}\" y1=\"{Y(value, top):0.0}\" x2=\"{Right}\" y2=\"{Y(value, top):0.0}\"/>\n");
            Text(svg, Left - 10, Y(value, top) + 4, value.ToString("#,0.###", CultureInfo.InvariantCulture), "quiet", "end");
        }
        for (var i = 0; i < rows.Count; i++)
            Text(svg, X(i, rows.Count), Bottom + 22, rows[i].BatchSize.ToString(CultureInfo.InvariantCulture), "quiet", "middle");
        Text(svg, (Left + Right) / 2, Bottom + 48, "batch size (rows generated together)", anchor: "middle");
        Text(svg, 12, Top - 12, "generated tokens/s");
    }

    private static void DrawCase(
        StringBuilder svg, IReadOnlyList<GenerationBenchmarkRow> rows, int index, double top, string kind, string name)
    {
        var points = rows.Index().Where(r => Rates(r.Item)[index] is not null)
            .Select(r => (X: X(r.Index, rows.Count), Y: Y(Rates(r.Item)[index]!.Value, top))).ToArray();
        if (points.Length == 0)
            return;
        svg.Append(CultureInfo.InvariantCulture, $"  <polyline class=\"line {kind}\" points=\"");
        svg.AppendJoin(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.0},{p.Y:0.0}"))).Append("\"/>\n");
        foreach (var (x, y) in points)
            svg.Append(CultureInfo.InvariantCulture, $"  <circle class=\"line {kind}\" cx=\"{x:0.0}\" cy=\"{y:0.0}\" r=\"4\"/>\n");
        // beside the plot, because lines that cost little end at almost the same height
        var legend = Top + 10 + 26 * index;
        svg.Append(CultureInfo.InvariantCulture,
            $"  <line class=\"line {kind}\" x1=\"{Right + 20}\" y1=\"{legend}\" x2=\"{Right + 44}\" y2=\"{legend}\"/>\n");
        Text(svg, Right + 52, legend + 4, name);
    }

    private static double X(int index, int count) =>
        count == 1 ? (Left + Right) / 2.0 : Left + 20 + (Right - Left - 40.0) * index / (count - 1);

    private static double Y(double value, double top) => Bottom - (Bottom - Top) * value / top;

    private static void Text(StringBuilder svg, double x, double y, string text, string kind = "", string anchor = "start") =>
        svg.Append(CultureInfo.InvariantCulture, $"  <text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\"")
            .Append(kind.Length > 0 ? $" class=\"{kind}\"" : "").Append('>').Append(Escaped(text)).Append("</text>\n");

    // Control characters are not allowed in XML, not even escaped.
    private static string Escaped(string text) =>
        SecurityElement.Escape(string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c >= '\uFFFE' ? '\uFFFD' : c)));
}
