using System.Globalization;
using System.Text.Json;

namespace XlLoraOnnx.Parity.Tests;

[TestClass]
public sealed class GenerationBenchmarkTests
{
    private static readonly GenerationBenchmarkOptions Small =
        new() { BatchSizes = [2, 1], PromptTokens = 20, SharedTokens = 8, NewTokens = 5, Runs = 2 };

    [TestMethod]
    public async Task RunAsync_DemoModel_MeasuresEveryCaseAndWritesIt()
    {
        using var folder = new TemporaryFolder();
        using var model = XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = TextEngine.GenAi });
        var progress = new Steps();

        var report = await GenerationBenchmark.RunAsync(model, Small, progress);
        var files = GenerationBenchmark.Write(report, folder.File("out"));

        CollectionAssert.AreEqual(new[] { 1, 2 }, report.Rows.Select(r => r.BatchSize).ToArray());
        Assert.IsTrue(report.Rows.All(r => r is { TokensPerSecond: > 0, AdapterTokensPerSecond: > 0, FullLength: true, PeakBytes: > 0 }));
        Assert.IsNull(report.Rows[0].MixedTokensPerSecond, "one row cannot be mixed");
        Assert.IsGreaterThan(0, report.Rows[1].MixedTokensPerSecond!.Value);
        CollectionAssert.AreEqual(new[] { "pos", "neg" }, report.Options.Adapters!.ToArray());
        // each run of each case and its warm-up: 1 row of 20 + 5 without and with an adapter, 2 rows of them in three cases
        Assert.AreEqual((3 * (2 + 6) * 20, 3 * (2 + 6) * 5), (model.Statistics.PromptTokens, model.Statistics.GeneratedTokens));
        Assert.AreEqual((15, 15), (progress.Last!.Done, progress.Last.Total));
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(files[0]));
        Assert.AreEqual("genai", json.RootElement.GetProperty("engine").GetProperty("engine").GetString());
        Assert.AreEqual(2, json.RootElement.GetProperty("rows")[1].GetProperty("batch_size").GetInt32());
        StringAssert.Contains(await File.ReadAllTextAsync(files[1]), "pos and neg mixed");
    }

    [TestMethod]
    public async Task RunAsync_NoAdapters_MeasuresTheBaseAlone()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo);

        var report = await GenerationBenchmark.RunAsync(model, Small with { Adapters = [], SharedTokens = 0 });

        Assert.IsTrue(report.Rows.All(r => r is { AdapterTokensPerSecond: null, MixedTokensPerSecond: null, AdapterCost: null }));
    }

    /// <summary>The weights of a step are those that the products of the graph read, whichever formats they have.</summary>
    [TestMethod]
    [DataRow(ExportPrecision.Fp32)]
    [DataRow(ExportPrecision.Int4)]
    [DataRow(ExportPrecision.Int8W, "layers.0.*=int4", "embed_tokens=fp32")]
    [DataRow(ExportPrecision.Int8, "*.down_proj=fp32")]
    [DataRow(ExportPrecision.Nf4)]
    public async Task RunAsync_Roofline_CountsTheWeightsOfTheGraph(ExportPrecision precision, params string[] keep)
    {
        using var folder = new TemporaryFolder();
        var options = new ExportOptions
        {
            Precision = precision,
            Keep = [.. keep.Select(k => k.Split('=')).Select(k => new KeepRule(k[0], Enum.Parse<ExportPrecision>(k[1], ignoreCase: true)))],
        };
        await AssertWeightsAsync(ModelExporter.Export(Repository.Demo("base"), folder.File("model"), options).Folder);
    }

    [TestMethod]
    public async Task RunAsync_RooflineOfAHeadOfItsOwn_CountsTheHead()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = RandomCheckpoint.Decoder(folder, "llama32-tied", config => config["tie_word_embeddings"] = false);
        var options = new ExportOptions { Precision = ExportPrecision.Int4, Keep = [new KeepRule("embed_tokens", ExportPrecision.Fp32)] };
        await AssertWeightsAsync(ModelExporter.Export(checkpoint, folder.File("model"), options).Folder);
    }

    [TestMethod]
    public async Task RunAsync_RooflineOfAModelThatTranslates_IsRefused()
    {
        using var model = XlLoraModel.Load(NllbReference.Folder);

        var e = await Assert.ThrowsExactlyAsync<NotSupportedException>(
            () => GenerationBenchmark.RunAsync(model, Small with { Roofline = true }));

        StringAssert.Contains(e.Message, "translates");
    }

    private static async Task AssertWeightsAsync(string folder)
    {
        using var model = XlLoraModel.Load(folder);

        var report = await GenerationBenchmark.RunAsync(model, Small with { Adapters = [], Roofline = true });

        var graph = ModelProto.Parser.ParseFrom(await File.ReadAllBytesAsync(Path.Combine(folder, "model.continuous.base.onnx"))).Graph;
        var lengths = graph.Initializer.Where(i => i.ExternalData.Count > 0).ToDictionary(
            i => i.Name, i => long.Parse(i.ExternalData.First(e => e.Key == "length").Value, CultureInfo.InvariantCulture));
        var read = graph.Node.Where(n => n.OpType.Contains("MatMul", StringComparison.Ordinal))
            .SelectMany(n => n.Input).Distinct().Sum(i => lengths.GetValueOrDefault(i));
        Assert.AreEqual(read, report.Roofline!.WeightBytes);
        Assert.IsTrue(report.Rows.All(r => r is { BoundTokensPerSecond: > 0, IsBoundByMemory: not null }));
    }

    [TestMethod]
    public async Task RunAsync_OptionsOutOfRange_AreRefused()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = TextEngine.GenAi, BatchSize = 8 });
        (GenerationBenchmarkOptions Options, string Said)[] wrong =
        [
            (Small with { BatchSizes = [] }, "no batch size"), (Small with { BatchSizes = [0] }, "1 to 8"),
            (Small with { BatchSizes = [16] }, "1 to 8"), (Small with { Runs = 0 }, "Runs is 0"),
            (Small with { NewTokens = 0 }, "New tokens"), (Small with { PromptTokens = 0 }, "Prompt tokens"),
            (Small with { SharedTokens = 21 }, "0 to the 20"), (Small with { PromptTokens = 2048 }, "2048"),
            (Small with { PromptTokens = int.MaxValue }, "2048"), (Small with { Adapters = ["no-such"] }, "pos, neg"),
            (Small with { Adapters = ["pos", "pos"] }, "twice"), (Small with { Adapters = ["pos", "neg", "pos"] }, "3 adapters"),
        ];

        foreach (var (options, said) in wrong)
        {
            var e = await Assert.ThrowsExactlyAsync<ArgumentException>(() => GenerationBenchmark.RunAsync(model, options));
            StringAssert.Contains(e.Message, said);
        }
        Assert.AreEqual(0, model.Statistics.Rows, "nothing has run");
    }

    [TestMethod]
    public async Task RunAsync_Cancelled_Ends()
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo);
        using var cancel = new CancellationTokenSource();
        var progress = new Steps { Each = _ => cancel.Cancel() };

        await Assert.ThrowsAsync<OperationCanceledException>(() => GenerationBenchmark.RunAsync(model, Small, progress, cancel.Token));

        Assert.AreEqual(1, progress.Last!.Done);
    }

    private sealed class Steps : IProgress<GenerationBenchmarkProgress>
    {
        public GenerationBenchmarkProgress? Last { get; private set; }

        public Action<GenerationBenchmarkProgress> Each { get; init; } = _ => { };

        public void Report(GenerationBenchmarkProgress value)
        {
            Last = value;
            Each(value);
        }
    }
}
