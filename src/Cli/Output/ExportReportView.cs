using Spectre.Console;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>export</c> says when it is done.</summary>
internal static class ExportReportView
{
    public static void Write(ExportReport report)
    {
        var console = Consoles.Output;
        console.WriteLine($"checkpoint: {report.Family}, {Quantities.Count(report.Parameters)} parameters, {report.Precision}, " +
            $"context {Quantities.Count(report.ContextLength)}");
        if (report.Encoder is { } encoder)
            console.WriteLine($"vectors: {Describe(encoder)}");
        console.WriteLine($"fingerprint: {report.BaseFingerprint}");
        console.Write(CoverageTable.Create(report.Coverage));
        foreach (var notice in report.Notices)
            Console.Out.WriteLine($"notice: {notice}");
        foreach (var (name, adapter) in report.Adapters)
            AdapterView.Write(name, adapter);
        if (report.FlareAdapter is { } alone)
            Write(alone);
        var seconds = Math.Max(report.Elapsed.TotalSeconds, 1e-3);
        console.WriteLine($"read {Quantities.Bytes(report.BytesRead)} in {Quantities.Duration(report.Elapsed)} " +
            $"({Quantities.Rate(report.BytesRead / seconds / 1e6)} MB/s), peak memory {Quantities.Bytes(report.PeakMemory)}");
        console.WriteLine($"wrote {Quantities.Bytes(report.BytesWritten)} to {report.Folder}");
    }

    public static void Write(FlareAdapterReport adapter)
    {
        var console = Consoles.Output;
        console.WriteLine($"adapter {adapter.Adapter}: {Quantities.Count(adapter.Modules)} modules, "
            + $"{Quantities.Count(adapter.Parameters)} parameters, over {adapter.BaseFingerprint}");
        if (adapter.OwnWeights.Count > 0)
            console.WriteLine($"with {Quantities.Count(adapter.OwnWeights.Count)} tensors of the model itself, which the run has trained: "
                + string.Join(", ", adapter.OwnWeights.Take(3)));
        console.WriteLine($"wrote {Quantities.Bytes(adapter.BytesWritten)} to {adapter.Folder}");
    }

    public static string Describe(EncoderFacts encoder) =>
        $"{Quantities.Count(encoder.Dimension)} numbers, pooling {encoder.Pooling} ({encoder.PoolingSource switch
        {
            "option" => "as asked",
            "sentence-transformers" => "as its sentence-transformers files say",
            _ => "by default: nothing says otherwise",
        }}), {(encoder.Normalize ? "" : "not ")}normalised, texts of up to {Quantities.Count(encoder.MaxSequenceLength)} tokens"
        + Prompts(encoder);

    /// <summary>Names of what can stand before texts, and which of them does without asking; nothing where there are none.</summary>
    public static string Prompts(EncoderFacts encoder) => encoder.Prompts is not { Count: > 0 } prompts ? ""
        : $", prompts {string.Join(", ", prompts.Keys)} ({encoder.DefaultPromptName ?? "none"} by default)";
}
