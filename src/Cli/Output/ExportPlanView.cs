using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>export</c> says before it begins.</summary>
internal static class ExportPlanView
{
    private const int LabelWidth = 12;

    public static void Write(ExportPlan plan)
    {
        Line("model", $"{plan.Family} ({plan.Architecture}), {Quantities.Count(plan.Parameters)} parameters → {plan.Precision}");
        if (plan.Encoder is { } encoder)
            Line("vectors", ExportReportView.Describe(encoder));
        Line("reads", Quantities.Bytes(plan.BytesIn));
        Line("writes", Quantities.Bytes(plan.BytesOut)
            + (plan.ResumesFrom > 0 ? $", of which {Quantities.Bytes(plan.ResumesFrom)} are there already: continues" : ""));
        Line("memory", $"at most {Quantities.Bytes(plan.MemoryCeiling)}");
        Line("disk", $"{Quantities.Bytes(plan.DiskNeeded)} needed, "
            + (plan.DiskFree is { } free ? $"{Quantities.Bytes(free)} free" : "free space not known"));
        if (plan.EstimatedTime is { } time)
            Line("time", $"about {Quantities.Duration(time)}");
        foreach (var notice in plan.Notices)
            Line("notice", notice);
        if (plan.StartsOver is { } reason)
            Line("begins anew", reason);
    }

    private static void Line(string label, string value) => Console.Out.WriteLine($"{label.PadRight(LabelWidth)}{value}");
}
