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
                (encoder.Normalize ? ", normalised" : ""));
        Fact("fingerprint", info.BaseFingerprint);
        Fact("written by", $"xllora-onnx {info.ToolVersion}");
        foreach (var (file, bytes) in info.Files)
            Fact(file, Quantities.Bytes(bytes));
        console.Write(facts);
        console.WriteLine("checkpoint");
        console.Write(Coverage(info.Coverage));
        foreach (var adapter in info.Adapters)
        {
            var rank = adapter.MinRank == adapter.MaxRank ? $"rank {adapter.MaxRank}" : $"ranks {adapter.MinRank} to {adapter.MaxRank}";
            console.WriteLine($"adapter {adapter.Name}: {rank}, alpha {adapter.LoraAlpha}{(adapter.UseRslora ? ", rsLoRA" : "")}, " +
                $"{adapter.Modules} modules, {Quantities.Count(adapter.Parameters)} parameters, " +
                $"{Quantities.Bytes(adapter.Bytes)} in {adapter.File}");
            console.Write(Coverage(adapter.Coverage));
        }
    }

    private static Table Coverage(IEnumerable<TensorRow> rows) =>
        CoverageTable.Create(rows.Select(r => new CoverageLine(r.Tensor, r.Shape, r.Status, r.Reason)));
}
