using System.Xml.Linq;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class BenchmarkSvgTests
{
    [TestMethod]
    public void Draw_ThreeCases_IsALineEachWithLabelledAxes()
    {
        var svg = Drawn(Report(["pos", "neg"], Row(1, 100, 90, null), Row(2, 180, 160, 150), Row(4, 300, 280, 270)));

        Assert.HasCount(3, Elements(svg, "polyline"));
        Assert.HasCount(8, Elements(svg, "circle"), "the mix has no point at one row");
        var texts = Elements(svg, "text").Select(t => t.Value).ToArray();
        foreach (var text in new[] { "1", "2", "4", "0", "100", "500", "generated tokens/s", "with pos", "pos and neg mixed" })
            CollectionAssert.Contains(texts, text);
        foreach (var circle in Elements(svg, "circle"))
            Assert.IsTrue((double)circle.Attribute("cy")! is > 60 and < 420 && (double)circle.Attribute("cx")! is > 80 and < 700);
    }

    [TestMethod]
    public void Draw_OneRowWithoutAdapters_IsAPicture()
    {
        var svg = Drawn(Report([], Row(8, 0.004, null, null)));

        Assert.HasCount(1, Elements(svg, "circle"));
        Assert.HasCount(1, Elements(svg, "polyline"));
    }

    [TestMethod]
    public void Draw_NamesOfAnyKind_StayText()
    {
        var svg = Drawn(Report(["<script>", "\u0001\ud800"], Row(2, 1, 1, 1)) with { Model = "a & <b>\0" });

        Assert.IsEmpty(Elements(svg, "script"));
        StringAssert.Contains(svg.Root!.Value, "a & <b>\uFFFD");
    }

    private static XDocument Drawn(GenerationBenchmarkReport report) => XDocument.Parse(BenchmarkSvg.Draw(report));

    private static XElement[] Elements(XDocument svg, string name) => [.. svg.Descendants(svg.Root!.Name.Namespace + name)];

    private static GenerationBenchmarkReport Report(string[] adapters, params GenerationBenchmarkRow[] rows) => new()
    {
        Model = "demo",
        Precision = "fp32",
        Engine = new EngineInfo(TextEngine.GenAi, "asked for"),
        Machine = "here",
        Options = new GenerationBenchmarkOptions { Adapters = adapters, BatchSizes = [.. rows.Select(r => r.BatchSize)] },
        LoadedBytes = 1,
        Rows = rows,
    };

    private static GenerationBenchmarkRow Row(int size, double rate, double? adapter, double? mixed) => new()
    {
        BatchSize = size,
        TokensPerSecond = rate,
        AdapterTokensPerSecond = adapter,
        MixedTokensPerSecond = mixed,
        PeakBytes = 1,
        GrowthBytes = 0,
        FullLength = true,
    };
}
