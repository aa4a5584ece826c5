using System.Globalization;
using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>bench</c> found, as a table.</summary>
internal static class BenchReportView
{
    public static void Write(GenerationBenchmarkReport report, IReadOnlyList<string> files)
    {
        var options = report.Options;
        Console.Out.WriteLine($"{report.Model} ({report.Precision}), engine {EngineOptions.Name(report.Engine.Engine)} "
            + $"({report.Engine.Reason})");
        Console.Out.WriteLine(report.Machine);
        Console.Out.WriteLine(
            $"prompts of {Quantities.Count(options.PromptTokens)} tokens ({Quantities.Count(options.SharedTokens)} shared), "
            + $"answers of {Quantities.Count(options.NewTokens)}, median of {Quantities.Count(options.Runs)}; "
            + $"{Quantities.Bytes(report.LoadedBytes)} in memory before");
        if (report.Roofline is { } roof)
        {
            Console.Out.WriteLine($"this machine reads {Quantities.Bytes((long)roof.BytesPerSecond)} a second and makes "
                + $"{Quantities.Rate(roof.OperationsPerSecond / 1e9)} billion operations; a step reads "
                + $"{Quantities.Bytes(roof.WeightBytes)} of weights, a token takes "
                + $"{Quantities.Count(roof.OperationsPerToken / 1_000_000)} million");
        }
        var table = new Table().Border(TableBorder.Simple).AddColumns("rows", "tokens/s");
        if (report.Roofline is not null)
            table.AddColumns("at most", "of it", "bound by");
        var adapters = options.Adapters ?? [];
        if (adapters.Count > 0)
            table.AddColumns($"with {adapters[0].EscapeMarkup()}", "cost");
        if (adapters.Count > 1)
            table.AddColumns($"{string.Join(" + ", adapters).EscapeMarkup()}", "cost");
        var looksUp = report.Rows.Any(r => r.AcceptedTokenShare is not null);
        if (looksUp)
            table.AddColumns("looked up and chosen");
        table.AddColumns("peak memory", "growth");
        foreach (var column in table.Columns)
            column.RightAligned();
        foreach (var row in report.Rows)
            table.AddRow([.. Cells(row, adapters.Count, looksUp).Select(cell => new Text(cell))]);
        Consoles.Output.Write(table);
        if (report.Rows.Any(r => !r.FullLength))
            Console.Out.WriteLine("some answers ended early; the tokens that they had are counted");
        if (files.Count > 0)
            Console.Out.WriteLine($"written: {string.Join(", ", files)}");
    }

    private static IEnumerable<string> Cells(GenerationBenchmarkRow row, int adapters, bool looksUp)
    {
        yield return Quantities.Count(row.BatchSize);
        yield return Quantities.Rate(row.TokensPerSecond);
        if (row.BoundTokensPerSecond is { } bound)
        {
            yield return Quantities.Rate(bound);
            yield return Quantities.Percent(row.TokensPerSecond / bound);
            yield return row.IsBoundByMemory == true ? "memory" : "arithmetic";
        }
        if (adapters > 0)
        {
            yield return Rate(row.AdapterTokensPerSecond);
            yield return Cost(row.AdapterCost);
        }
        if (adapters > 1)
        {
            yield return Rate(row.MixedTokensPerSecond);
            yield return Cost(row.MixedCost);
        }
        if (looksUp)
            yield return row.AcceptedTokenShare is { } share ? Quantities.Percent(share) : "";
        yield return Quantities.Bytes(row.PeakBytes);
        yield return Quantities.Bytes(row.GrowthBytes);
    }

    private static string Rate(double? rate) => rate is { } value ? Quantities.Rate(value) : "";

    private static string Cost(double? cost) =>
        cost is { } value ? (value * 100).ToString("+0.0 '%';-0.0 '%';0.0 '%'", CultureInfo.InvariantCulture) : "";
}
