using System.Text.RegularExpressions;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>A coverage table of thousands of tensors as a few lines: layer numbers become '*', equal lines are counted.</summary>
internal static partial class CoverageTable
{
    public static Table Create(IEnumerable<TensorCoverage> rows) =>
        Create(rows.Select(r => new CoverageLine(r.Tensor, r.Shape, r.Status.ToString().ToLowerInvariant(), r.Reason)));

    public static Table Create(IEnumerable<CoverageLine> lines)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("tensor", "shape", "tensors", "status", "reason");
        table.Columns[2].RightAligned();
        var groups = lines.GroupBy(l => (Tensor: LayerNumber().Replace(l.Tensor, ".*."), Shape: Shape(l.Shape), l.Status, l.Reason));
        foreach (var group in groups)
        {
            table.AddRow(
                new Text(group.Key.Tensor), new Text(group.Key.Shape), new Text(Quantities.Count(group.Count())),
                new Text(group.Key.Status), new Text(group.Key.Reason ?? ""));
        }
        return table;
    }

    private static string Shape(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex LayerNumber();
}

/// <param name="Status"><c>matched</c>, <c>dropped</c> or <c>refused</c>.</param>
internal sealed record CoverageLine(string Tensor, IReadOnlyList<long> Shape, string Status, string? Reason);
