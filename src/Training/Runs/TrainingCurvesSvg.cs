using System.Globalization;

namespace XlLoraOnnx.Training;

/// <summary><c>curves.svg</c>: the loss over the steps, as it was and smoothed, and below it the scores on the dev sets.</summary>
internal static class TrainingCurvesSvg
{
    private const int Width = 900;
    private const int Left = 90;
    private const int Right = 680;
    private const int Top = 66;
    private const int PanelHeight = 240;
    private const int Gap = 76;
    private const int MaxTicks = 5;

    /// <summary>Of a line: about as many as the picture has columns.</summary>
    private const int MaxPoints = 600;

    private const string Light = ".line { fill: none; stroke-width: 2; } .raw { fill: none; stroke: #afb8c1; } .loss { stroke: #0969da; } "
        + ".c0 { stroke: #1a7f37; fill: #1a7f37; } .c1 { stroke: #8250df; fill: #8250df; } .c2 { stroke: #bc4c00; fill: #bc4c00; } "
        + ".c3 { stroke: #bf3989; fill: #bf3989; } .line { fill: none; }";
    private const string Dark = ".raw { stroke: #57606a; } .loss { stroke: #4493f8; } .c0 { stroke: #3fb950; fill: #3fb950; } "
        + ".c1 { stroke: #ab7df8; fill: #ab7df8; } .c2 { stroke: #f0883e; fill: #f0883e; } .c3 { stroke: #db61a2; fill: #db61a2; } "
        + ".line { fill: none; }";

    public static string Draw(TrainingHistory history)
    {
        var names = history.Evaluations.SelectMany(e => e.Scores).Select(s => s.Name).Distinct().ToArray();
        var panels = names.Length > 0 ? 2 : 1;
        var svg = new SvgDrawing(
            Width, Top + panels * (PanelHeight + Gap), "Loss and dev scores over the steps of a training", Light, Dark);
        var steps = Math.Max(1, history.Steps.Count);
        svg.Text(12, 24, string.Create(CultureInfo.InvariantCulture, $"Training, {history.Steps.Count:#,0} steps"));
        DrawLoss(svg, history, steps);
        if (names.Length > 0)
            DrawScores(svg, history, names, steps);
        return svg.ToString();
    }

    private static void DrawLoss(SvgDrawing svg, TrainingHistory history, long steps)
    {
        var losses = history.Steps.Select(s => s.Loss).ToArray();
        var panel = new Panel(svg, Top, steps, losses);
        panel.DrawAxes("loss");
        if (losses.Length == 0)
            return;
        svg.Polyline(Extremes(losses).Select(panel.Point), "raw");
        svg.Polyline(Thinned(history.SmoothedLosses).Select(panel.Point), "line loss");
        Legend(svg, Top, 0, "raw", "every step");
        Legend(svg, Top, 1, "line loss", "smoothed");
    }

    private static void DrawScores(SvgDrawing svg, TrainingHistory history, string[] names, long steps)
    {
        var top = Top + PanelHeight + Gap;
        var panel = new Panel(svg, top, steps, history.Evaluations.SelectMany(e => e.Scores).Select(s => s.Value));
        panel.DrawAxes("dev scores");
        foreach (var (i, name) in names.Index())
        {
            var kind = $"c{i % 4}";
            var points = history.Evaluations
                .SelectMany(e => e.Scores.Where(s => s.Name == name && double.IsFinite(s.Value))
                    .Select(s => panel.Point((e.Step, s.Value))))
                .ToArray();
            svg.Polyline(points, $"{kind} line");
            foreach (var (x, y) in points)
                svg.Circle(x, y, 3, kind);
            Legend(svg, top, i, $"{kind} line", name);
        }
    }

    private static void Legend(SvgDrawing svg, int top, int index, string kind, string name)
    {
        var y = top + 10 + 24 * index;
        svg.Line(Right + 20, y, Right + 44, y, kind, width: 2);
        svg.Text(Right + 52, y + 4, name);
    }

    /// <summary>The least and the greatest of each of many equal parts: outliers stay to be seen.</summary>
    private static IEnumerable<(double Step, double Value)> Extremes(double[] values)
    {
        var size = (values.Length + MaxPoints - 1) / MaxPoints;
        for (var start = 0; start < values.Length; start += size)
        {
            var part = Enumerable.Range(start, Math.Min(size, values.Length - start)).ToArray();
            foreach (var at in new[] { part.MinBy(i => values[i]), part.MaxBy(i => values[i]) }.Distinct().Order())
                yield return (at + 1, values[at]);
        }
    }

    private static IEnumerable<(double Step, double Value)> Thinned(IReadOnlyList<double> values)
    {
        var size = (values.Count + MaxPoints - 1) / MaxPoints;
        for (var i = (values.Count - 1) % size; i < values.Count; i += size)
            yield return (i + 1, values[i]);
    }

    /// <summary>One pair of axes, from 0 or the least value to the greatest, with round numbers at the ticks.</summary>
    private sealed class Panel
    {
        private readonly SvgDrawing _svg;
        private readonly int _top;
        private readonly long _steps;
        private readonly double _low;
        private readonly double _distance;
        private readonly int _ticks;

        public Panel(SvgDrawing svg, int top, long steps, IEnumerable<double> values)
        {
            (_svg, _top, _steps) = (svg, top, steps);
            var finite = values.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
            var (low, high) = (Math.Min(0, finite.Min()), finite.Max());
            // a round number below the least value takes up to one of the distances between ticks
            _distance = Round((high - low) / (low < 0 ? MaxTicks - 1 : MaxTicks));
            _low = Math.Floor(low / _distance) * _distance;
            _ticks = Math.Clamp((int)Math.Ceiling((high - _low) / _distance), 1, MaxTicks);
        }

        public (double X, double Y) Point((double Step, double Value) point) =>
            (Left + (Right - Left) * point.Step / _steps, _top + PanelHeight - PanelHeight * (point.Value - _low) / (_distance * _ticks));

        public void DrawAxes(string title)
        {
            for (var tick = 0; tick <= _ticks; tick++)
            {
                var value = _low + _distance * tick;
                var y = Point((0, value)).Y;
                _svg.Line(Left, y, Right, y, "rule");
                _svg.Text(Left - 10, y + 4, value.ToString("#,0.######", CultureInfo.InvariantCulture), "quiet", "end");
            }
            var apart = (long)Math.Max(1, Round(_steps / 8.0));
            for (long step = 0; step <= _steps; step += apart)
            {
                var text = step.ToString("#,0", CultureInfo.InvariantCulture);
                _svg.Text(Point((step, 0)).X, _top + PanelHeight + 20, text, "quiet", "middle");
            }
            _svg.Text((Left + Right) / 2, _top + PanelHeight + 40, "steps", anchor: "middle");
            _svg.Text(12, _top - 12, title);
        }

        /// <summary>1, 2 or 5 times a power of ten, at least <paramref name="least"/>.</summary>
        private static double Round(double least)
        {
            least = Math.Max(least, 1e-6);
            var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
            return power * (least / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        }
    }
}
