using System.Globalization;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>What was composed: the parts, and norms and angles for each kind of module (layer numbers become '*').</summary>
internal static partial class CompositionView
{
    public static void Write(IReadOnlyList<CompositionReport> reports)
    {
        foreach (var report in reports)
            Write(report);
    }

    private static void Write(CompositionReport report)
    {
        var lambda = report.Lambda is { } number ? $", lambda {Number(number)}" : "";
        Consoles.Output.WriteLine($"{report.Recipe}{lambda} → {report.Folder}");
        foreach (var part in report.Parts)
        {
            var factor = part.Factor is { } f ? $"{Number(f)} × " : "";
            Consoles.Output.WriteLine($"  {part.Name}: {factor}{part.Folder} ({part.Sha256[..12]})");
        }
        Consoles.Output.WriteLine($"  {Ranks(report)}{Quantities.Count(report.Modules.Count)} modules, norm {Short(report.Norm)}"
            + (report.EnergyLost is { } lost ? $", {Quantities.Percent(lost)} of the energy lost" : "")
            + (report.EnergyLost is null && report.Distance is > 0 and var distance
                ? $", {Quantities.Percent(distance)} away from the exact sum" : ""));
        Consoles.Output.Write(Table(report));
    }

    /// <summary>Means over the layers; each module by itself is in composition.json.</summary>
    private static Table Table(CompositionReport report)
    {
        var table = new Table().Border(TableBorder.Simple)
            .AddColumns("module", "modules", "norm", Markup.Escape(report.Parts[0].Name), "the others", "angle");
        foreach (var column in table.Columns.Skip(1))
            column.RightAligned();
        if (report.EnergyLost is not null)
            table.AddColumn(new TableColumn("energy lost").RightAligned());
        foreach (var group in report.Modules.GroupBy(m => LayerNumber().Replace(m.Name, ".*.")))
        {
            List<string> cells =
            [
                group.Key, Quantities.Count(group.Count()), Short(group.Average(m => m.Norm)), Short(group.Average(m => m.FirstNorm)),
                Short(group.Average(m => m.DirectionNorm)),
                group.Average(m => m.Angle) is { } angle ? $"{angle.ToString("0.0", CultureInfo.InvariantCulture)}°" : "",
            ];
            if (report.EnergyLost is not null)
                cells.Add(Quantities.Percent(group.Average(m => m.EnergyLost!.Value)));
            table.AddRow([.. cells.Select(cell => new Text(cell))]);
        }
        return table;
    }

    private static string Ranks(CompositionReport report)
    {
        var (min, max) = (report.Modules.Min(m => m.Rank), report.Modules.Max(m => m.Rank));
        return max == 0 ? "" : min == max ? $"rank {max}, " : $"ranks {min} to {max}, ";
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Short(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\.\d+\.")]
    private static partial Regex LayerNumber();
}
