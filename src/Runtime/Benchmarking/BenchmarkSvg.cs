using System.Globalization;

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

    private const string Light =
        ".line { fill: none; stroke-width: 2.5; } .base { stroke: #59636e; } .one { stroke: #0969da; } .mixed { stroke: #1a7f37; }";
    private const string Dark = ".base { stroke: #9198a1; } .one { stroke: #4493f8; } .mixed { stroke: #3fb950; }";

    public static string Draw(GenerationBenchmarkReport report)
    {
        var svg = new SvgDrawing(Width, Height, $"Generated tokens a second of {report.Model}", Light, Dark);
        var options = report.Options;
        svg.Text(12, 24, $"{report.Model} ({report.Precision}), engine {report.Engine.Engine.ToString().ToLowerInvariant()}");
        svg.Text(12, 44, string.Create(CultureInfo.InvariantCulture,
            $"prompts of {options.PromptTokens} tokens, {options.SharedTokens} of them shared, answers of {options.NewTokens}; ")
            + report.Machine, "quiet");
        var top = Step(report.Rows.Max(r => Rates(r).Max() ?? 0)) * Ticks;
        DrawAxes(svg, report.Rows, top);
        string[] names = ["without an adapter", .. Names(options.Adapters ?? [])];
        string[] kinds = ["base", "one", "mixed"];
        for (var i = 0; i < names.Length; i++)
            DrawCase(svg, report.Rows, i, top, kinds[i], names[i]);
        return svg.ToString();
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

    private static void DrawAxes(SvgDrawing svg, IReadOnlyList<GenerationBenchmarkRow> rows, double top)
    {
        for (var tick = 0; tick <= Ticks; tick++)
        {
            var value = top * tick / Ticks;
            svg.Line(Left, Y(value, top), Right, Y(value, top), "rule");
            svg.Text(Left - 10, Y(value, top) + 4, value.ToString("#,0.###", CultureInfo.InvariantCulture), "quiet", "end");
        }
        for (var i = 0; i < rows.Count; i++)
            svg.Text(X(i, rows.Count), Bottom + 22, rows[i].BatchSize.ToString(CultureInfo.InvariantCulture), "quiet", "middle");
        svg.Text((Left + Right) / 2, Bottom + 48, "batch size (rows generated together)", anchor: "middle");
        svg.Text(12, Top - 12, "generated tokens/s");
    }

    private static void DrawCase(
        SvgDrawing svg, IReadOnlyList<GenerationBenchmarkRow> rows, int index, double top, string kind, string name)
    {
        var points = rows.Index().Where(r => Rates(r.Item)[index] is not null)
            .Select(r => (X: X(r.Index, rows.Count), Y: Y(Rates(r.Item)[index]!.Value, top))).ToArray();
        if (points.Length == 0)
            return;
        svg.Polyline(points, $"line {kind}");
        foreach (var (x, y) in points)
            svg.Circle(x, y, 4, $"line {kind}");
        // beside the plot, because lines that cost little end at almost the same height
        var legend = Top + 10 + 26 * index;
        svg.Line(Right + 20, legend, Right + 44, legend, $"line {kind}");
        svg.Text(Right + 52, legend + 4, name);
    }

    private static double X(int index, int count) =>
        count == 1 ? (Left + Right) / 2.0 : Left + 20 + (Right - Left - 40.0) * index / (count - 1);

    private static double Y(double value, double top) => Bottom - (Bottom - Top) * value / top;
}
