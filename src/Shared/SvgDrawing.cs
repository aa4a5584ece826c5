using System.Globalization;
using System.Security;
using System.Text;

namespace XlLoraOnnx;

/// <summary>A picture in SVG, for light pages and dark ones.</summary>
internal sealed class SvgDrawing
{
    private readonly StringBuilder _svg = new();

    /// <param name="title">For those who cannot see it.</param>
    /// <param name="light">Style rules of the picture's own classes; there are <c>quiet</c> (text) and <c>rule</c> (lines).</param>
    /// <param name="dark">The same for dark pages.</param>
    public SvgDrawing(int width, int height, string title, string light, string dark)
    {
        _svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n");
        _svg.Append(CultureInfo.InvariantCulture, $"  <title>{Escaped(title)}</title>\n").Append(CultureInfo.InvariantCulture, $$"""
              <style>
                svg { background: #ffffff; font: 13px system-ui, sans-serif; }
                text { fill: #1f2328; } .quiet { fill: #59636e; stroke: none; } .rule { stroke: #d1d9e0; }
                {{light}}
                @media (prefers-color-scheme: dark) {
                  svg { background: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9198a1; } .rule { stroke: #3d444d; }
                  {{dark}}
                }
              </style>

            """);
    }

    /// <param name="kind">Classes; none if empty.</param>
    /// <param name="anchor"><c>start</c>, <c>middle</c> or <c>end</c>.</param>
    public void Text(double x, double y, string text, string kind = "", string anchor = "start") =>
        _svg.Append(CultureInfo.InvariantCulture, $"  <text x=\"{x:0.0}\" y=\"{y:0.0}\" text-anchor=\"{anchor}\"{Class(kind)}>")
            .Append(Escaped(text)).Append("</text>\n");

    public void Line(double x1, double y1, double x2, double y2, string kind, int width = 1) => _svg.Append(CultureInfo.InvariantCulture,
        $"  <line{Class(kind)} stroke-width=\"{width}\" x1=\"{x1:0.0}\" y1=\"{y1:0.0}\" x2=\"{x2:0.0}\" y2=\"{y2:0.0}\"/>\n");

    public void Circle(double x, double y, int radius, string kind) => _svg.Append(CultureInfo.InvariantCulture,
        $"  <circle{Class(kind)} cx=\"{x:0.0}\" cy=\"{y:0.0}\" r=\"{radius}\"/>\n");

    public void Polyline(IEnumerable<(double X, double Y)> points, string kind) => _svg.Append(CultureInfo.InvariantCulture,
        $"  <polyline{Class(kind)} points=\"")
        .AppendJoin(' ', points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.X:0.0},{p.Y:0.0}"))).Append("\"/>\n");

    /// <summary>The whole file.</summary>
    public override string ToString() => $"{_svg}</svg>\n";

    private static string Class(string kind) => kind.Length > 0 ? $" class=\"{kind}\"" : "";

    // Control characters are not allowed in XML, not even escaped.
    private static string Escaped(string text) =>
        SecurityElement.Escape(string.Concat(text.Select(c => char.IsControl(c) || char.IsSurrogate(c) || c >= '\uFFFE' ? '\uFFFD' : c)));
}
