using System.Globalization;
using System.Security;
using System.Text;

namespace XlLoraOnnx.Runtime;

/// <summary>A line for each score: the difference B − A as a dot, its interval as a bar, zero as a rule.</summary>
internal static class ComparisonSvg
{
    private const int Width = 900;
    private const int LabelWidth = 360;
    private const int RightWidth = 170;
    private const int RowHeight = 28;
    private const int Top = 64;

    private const string Style = """
          <style>
            svg { background: #ffffff; font: 13px system-ui, sans-serif; }
            text { fill: #1f2328; } .quiet { fill: #59636e; stroke: none; } .rule { stroke: #8c959f; }
            .better { stroke: #1a7f37; fill: #1a7f37; } .worse { stroke: #cf222e; fill: #cf222e; } .none { stroke: #59636e; fill: #59636e; }
            @media (prefers-color-scheme: dark) {
              svg { background: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9198a1; } .rule { stroke: #656c76; }
              .better { stroke: #3fb950; fill: #3fb950; } .worse { stroke: #f85149; fill: #f85149; }
              .none { stroke: #9198a1; fill: #9198a1; }
            }
          </style>

        """;

    public static string Draw(ComparisonReport report)
    {
        var height = Top + RowHeight * report.Metrics.Count + 44;
        var reach = report.Metrics
            .SelectMany(m => new[] { m.Difference, m.Interval?.Low ?? 0, m.Interval?.High ?? 0 }).Select(Math.Abs).DefaultIfEmpty(0).Max();
        reach = reach > 0 ? reach * 1.05 : 1;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" width=\"{Width}\" height=\"{height}\" " +
            $"role=\"img\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"  <title>{Escaped($"{report.ModelB} against {report.ModelA}")}</title>\n");
        svg.Append(Style);
        Text(svg, 12, 24, $"A: {report.ModelA}");
        Text(svg, 12, 44, $"B: {report.ModelB}");
        var end = Top + RowHeight * report.Metrics.Count;
        svg.Append(CultureInfo.InvariantCulture, $"  <line class=\"rule\" x1=\"{X(0, reach):0.0}\" y1=\"{Top - 8}\" " +
            $"x2=\"{X(0, reach):0.0}\" y2=\"{end}\"/>\n");
        foreach (var (i, metric) in report.Metrics.Index())
            DrawMetric(svg, metric, Top + RowHeight * i + RowHeight / 2, reach);
        Text(svg, (int)X(-reach, reach), end + 22, Number(-reach), "quiet", "middle");
        Text(svg, (int)X(0, reach), end + 22, "B − A = 0", "quiet", "middle");
        Text(svg, (int)X(reach, reach), end + 22, Number(reach), "quiet", "middle");
        return svg.Append("</svg>\n").ToString();
    }

    private static void DrawMetric(StringBuilder svg, MetricComparison metric, int y, double reach)
    {
        var kind = !metric.IsReal ? "none" : (metric.Difference > 0) != metric.LowerIsBetter ? "better" : "worse";
        Text(svg, 12, y + 4, $"{metric.TaskName} {metric.Subset} {metric.Metric}{(metric.LowerIsBetter ? " (lower is better)" : "")}");
        if (metric.Interval is { } interval)
            svg.Append(CultureInfo.InvariantCulture,
                $"  <line class=\"{kind}\" stroke-width=\"3\" x1=\"{X(interval.Low, reach):0.0}\" y1=\"{y}\" " +
                $"x2=\"{X(interval.High, reach):0.0}\" y2=\"{y}\"/>\n");
        svg.Append(CultureInfo.InvariantCulture, $"  <circle class=\"{kind}\" cx=\"{X(metric.Difference, reach):0.0}\" cy=\"{y}\" " +
            $"r=\"5\"/>\n");
        Text(svg, Width - RightWidth + 12, y + 4, string.Create(CultureInfo.InvariantCulture, $"{Number(metric.Difference)}  p = " +
            $"{metric.PValue:0.####}"));
    }

    private static double X(double value, double reach)
    {
        double left = LabelWidth, right = Width - RightWidth;
        return left + (value + reach) / (2 * reach) * (right - left);
    }

    private static string Number(double value) => value.ToString("+0.0000;−0.0000;0.0000", CultureInfo.InvariantCulture);

    private static void Text(StringBuilder svg, int x, int y, string text, string kind = "", string anchor = "start") =>
        svg.Append(CultureInfo.InvariantCulture,
            $"  <text x=\"{x}\" y=\"{y}\" " +
            $"text-anchor=\"{anchor}\"{(kind.Length > 0 ? $" class=\"{kind}\"" : "")}>{Escaped(text)}</text>\n");

    // Control characters are not allowed in XML, not even escaped.
    private static string Escaped(string text) =>
        SecurityElement.Escape(string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c >= '\uFFFE' ? '\uFFFD' : c)));
}
