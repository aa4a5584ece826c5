using System.Globalization;

namespace XlLoraOnnx.Evaluation;

/// <summary>A line for each score: the difference B − A as a dot, its interval as a bar, zero as a rule.</summary>
internal static class ComparisonSvg
{
    private const int Width = 900;
    private const int LabelWidth = 360;
    private const int RightWidth = 170;
    private const int RowHeight = 28;
    private const int Top = 64;

    private const string Light = ".better { stroke: #1a7f37; fill: #1a7f37; } .worse { stroke: #cf222e; fill: #cf222e; } "
        + ".none { stroke: #59636e; fill: #59636e; }";
    private const string Dark = ".better { stroke: #3fb950; fill: #3fb950; } .worse { stroke: #f85149; fill: #f85149; } "
        + ".none { stroke: #9198a1; fill: #9198a1; }";

    public static string Draw(ComparisonReport report)
    {
        var height = Top + RowHeight * report.Metrics.Count + 44;
        var reach = report.Metrics
            .SelectMany(m => new[] { m.Difference, m.Interval?.Low ?? 0, m.Interval?.High ?? 0 }).Select(Math.Abs).DefaultIfEmpty(0).Max();
        reach = reach > 0 ? reach * 1.05 : 1;
        var svg = new SvgDrawing(Width, height, $"{report.ModelB} against {report.ModelA}", Light, Dark);
        svg.Text(12, 24, $"A: {report.ModelA}");
        svg.Text(12, 44, $"B: {report.ModelB}");
        var end = Top + RowHeight * report.Metrics.Count;
        svg.Line(X(0, reach), Top - 8, X(0, reach), end, "rule");
        foreach (var (i, metric) in report.Metrics.Index())
            DrawMetric(svg, metric, Top + RowHeight * i + RowHeight / 2, reach);
        svg.Text(X(-reach, reach), end + 22, Number(-reach), "quiet", "middle");
        svg.Text(X(0, reach), end + 22, "B − A = 0", "quiet", "middle");
        svg.Text(X(reach, reach), end + 22, Number(reach), "quiet", "middle");
        return svg.ToString();
    }

    private static void DrawMetric(SvgDrawing svg, MetricComparison metric, int y, double reach)
    {
        var kind = !metric.IsReal ? "none" : (metric.Difference > 0) != metric.LowerIsBetter ? "better" : "worse";
        svg.Text(12, y + 4, $"{metric.TaskName} {metric.Subset} {metric.Metric}{(metric.LowerIsBetter ? " (lower is better)" : "")}");
        if (metric.Interval is { } interval)
            svg.Line(X(interval.Low, reach), y, X(interval.High, reach), y, kind, width: 3);
        svg.Circle(X(metric.Difference, reach), y, 5, kind);
        svg.Text(Width - RightWidth + 12, y + 4, string.Create(CultureInfo.InvariantCulture, $"{Number(metric.Difference)}  p = " +
            $"{metric.PValue:0.####}"));
    }

    private static double X(double value, double reach)
    {
        double left = LabelWidth, right = Width - RightWidth;
        return left + (value + reach) / (2 * reach) * (right - left);
    }

    private static string Number(double value) => value.ToString("+0.0000;−0.0000;0.0000", CultureInfo.InvariantCulture);
}
