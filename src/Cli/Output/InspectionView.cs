using Spectre.Console;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>inspect</c> shows of checkpoints and adapters, and what its safety checks found.</summary>
internal static class InspectionView
{
    public static void Write(PathInspection inspection)
    {
        var console = Consoles.Output;
        var facts = new Table().Border(TableBorder.Simple).HideHeaders().AddColumns("", "");
        facts.AddRow(new Text(inspection.Kind), new Text(inspection.Path));
        foreach (var (name, value) in inspection.Facts)
            facts.AddRow(new Text(name), new Text(value));
        console.Write(facts);
        console.Write(CoverageTable.Create(inspection.Tensors.Select(t => new CoverageLine(t.Name, t.Shape, t.DType, null))));
        foreach (var refusal in inspection.Refusals)
            Console.Out.WriteLine($"cannot be exported: {refusal}");
        foreach (var notice in inspection.Notices)
            Console.Out.WriteLine($"notice: {notice}");
    }

    public static void Write(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
            Console.Out.WriteLine($"{(finding.Level == FindingLevel.Unsafe ? "UNSAFE" : "note"),-7} {finding.File}: {finding.Message}");
        var count = findings.Count(f => f.Level == FindingLevel.Unsafe);
        Console.Out.WriteLine(count == 0 ? "nothing unsafe was found" : $"{Quantities.Count(count)} unsafe");
    }
}
