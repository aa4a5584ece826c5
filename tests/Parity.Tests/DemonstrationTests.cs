using System.Text.Json;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>The demonstration model answers all 600 anchors as transformers and peft did.</summary>
[TestClass]
public sealed class DemonstrationTests
{
    private static readonly SynthesisOptions Greedy = new() { Sampling = SamplingOptions.Greedy };

    [TestMethod]
    [DataRow(TextEngine.Continuous)]
    [DataRow(TextEngine.GenAi)]
    public async Task SynthesizeAsync_AllAnchorsGreedily_AnswersAsTheReference(TextEngine engine)
    {
        var expected = Expected();
        using var model = XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = engine });

        var results = await model.SynthesizeAsync(expected.Select(e => e.Sent0), Greedy).ToArrayAsync();

        Assert.HasCount(600, results);
        var equal = results.Sum(r => (r.Sent1 == expected[(int)r.RowId].Pos ? 1 : 0) + (r.HardNeg == expected[(int)r.RowId].Neg ? 1 : 0));
        Assert.IsGreaterThanOrEqualTo(1188, equal, $"{equal} of 1200 answers equal; at least 99 % must be");
        Assert.IsGreaterThanOrEqualTo(0.9, model.Statistics.UsefulTokenShare, "useful tokens in prefill");
        if (engine == TextEngine.GenAi)
            Assert.IsGreaterThan(30, model.Statistics.AdapterSwitches, "adapters take turns batch by batch");
        else
            Assert.AreEqual(2, model.Statistics.AdapterSwitches, "both run together");
    }

    [TestMethod]
    public async Task SynthesizeAsync_WithoutAdapters_DoesNotAnswerAsTheReference()
    {
        var expected = Expected();
        using var model = XlLoraModel.Load(ExportedModels.Demo);
        var truth = await GroundTruth.ReadAsync(Repository.Demo("world", "truth.jsonl.gz"));

        var results = await model.SynthesizeAsync(
            expected.Select(e => e.Sent0), Greedy with { Positive = null, Negative = null }).ToArrayAsync();

        var equal = results.Count(r => r.Sent1 == expected[(int)r.RowId].Pos);
        Assert.IsLessThan(30, equal, $"{equal} of 600 answers equal without adapters; under 5 % must be");
        var entailed = results.Count(r => truth.Judge(r) is { PositiveIsEntailment: true });
        Assert.IsLessThan(30, entailed, $"{entailed} of 600 positives are entailments without adapters; under 5 % must be");
    }

    [TestMethod]
    public async Task SynthesizeAsync_SampledWithOneSeed_IsRepeatable()
    {
        var anchors = Expected().Take(40).Select(e => e.Sent0).ToArray();
        using var model = XlLoraModel.Load(ExportedModels.Demo);
        Assert.IsTrue(model.DefaultSampling.DoSample);

        async Task<string[]> Answers(long seed) => await model
            .SynthesizeAsync(anchors, new SynthesisOptions { Sampling = model.DefaultSampling with { Seed = seed } })
            .OrderBy(r => r.RowId).Select(r => r.Sent1 + "|" + r.HardNeg).ToArrayAsync();

        var first = await Answers(1);
        CollectionAssert.AreEqual(first, await Answers(1));
        CollectionAssert.AreNotEqual(first, await Answers(2));
    }

    private static (string Sent0, string Pos, string Neg)[] Expected() =>
        [.. Repository.GreedyLines().Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            string Field(string name) => json.RootElement.GetProperty(name).GetString()!;
            return (Field("sent0"), Field("pos"), Field("neg"));
        })];
}
