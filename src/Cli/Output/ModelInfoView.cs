using Spectre.Console;

namespace XlLoraOnnx.Cli;

/// <summary>What <c>inspect</c> shows.</summary>
internal static class ModelInfoView
{
    public static void Write(ModelInfo info)
    {
        var console = Consoles.Output;
        var facts = new Table().Border(TableBorder.Simple).HideHeaders().AddColumns("", "");
        void Fact(string name, string value) => facts.AddRow(new Text(name), new Text(value));
        Fact("folder", info.Folder);
        Fact("family", $"{info.Family} ({info.Architecture})");
        Fact("parameters", $"{Quantities.Count(info.Parameters)}, {info.Precision}");
        Fact("layers", $"{info.Layers} of width {info.HiddenSize}, {info.LoraSlots} modules take an adapter");
        Fact("vocabulary", Quantities.Count(info.VocabSize));
        Fact("context", $"{Quantities.Count(info.ContextLength)} tokens" +
            (info.SlidingWindow is { } window ? $", local layers see {Quantities.Count(window)}" : ""));
        if (info.Encoder is { } encoder)
            Fact("vectors", $"{Quantities.Count(encoder.Dimension)} numbers, {encoder.Pooling} ({encoder.PoolingSource})" +
                (encoder.Normalize ? ", normalised" : "") + ExportReportView.Prompts(encoder));
        Fact("fingerprint", info.BaseFingerprint);
        Fact("written by", $"xllora-onnx {info.ToolVersion}");
        foreach (var (file, bytes) in info.Files)
            Fact(file, Quantities.Bytes(bytes));
        console.Write(facts);
        console.WriteLine("checkpoint");
        console.Write(CoverageTable.Create(info.Coverage));
        foreach (var (name, adapter) in info.Adapters)
            AdapterView.Write(name, adapter);
    }
}
