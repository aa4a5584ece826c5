using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Strategies that choose the adapter of each request.</summary>
public sealed partial class SynthesisRunTests
{
    [TestMethod]
    public async Task RunAsync_StrategyThatChoosesAdapters_AsksWithThemAndReceiptsSaySo()
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("even", "odd", "neg");

        var report = await RunAsync(folder, Input(folder, 60), generator, o => o with { Strategy = new ByParity(), Positive = "pos" });

        Assert.IsTrue(generator.Calls.SelectMany(c => c).Where(r => r.Adapter != "neg")
            .All(r => r.Adapter == ByParity.Of(ScriptedGenerator.AnchorOf(r))));
        Assert.AreEqual(60, report.Triplets);
        var contexts = Manifest(folder).GetProperty("outcome").GetProperty("contexts");
        var anchors = Lines(folder, "triplets.jsonl").Select(l => l.RootElement.GetProperty("sent0").GetString()!).ToArray();
        foreach (var (receipt, anchor) in Lines(folder, "receipts.jsonl").Zip(anchors))
        {
            string? Made(string column, string fact) => contexts
                .GetProperty(receipt.RootElement.GetProperty(column).GetProperty("context").GetString()!).GetProperty(fact).GetString();
            Assert.AreEqual(ByParity.Of(anchor), Made("sent1", "adapter"));
            Assert.AreEqual($"sha256 of {ByParity.Of(anchor)}", Made("sent1", "adapter.sha256"));
            Assert.AreEqual("neg", Made("hard_neg", "adapter"));
        }
        var identity = Manifest(folder).GetProperty("identity");
        Assert.AreEqual("even, odd", identity.GetProperty("sent1.adapter").GetString());
        Assert.AreEqual("sha256 of even, sha256 of odd", identity.GetProperty("sent1.adapter.sha256").GetString());
        StringAssert.Contains(File.ReadAllText(folder.File("run/README.md")), "Adapter even, odd");
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task CompareSampleAsync_StrategyThatChoosesAdapters_ChoosesThemAgain()
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("even", "odd", "neg");
        var options = ScriptedSource.Options with { Strategy = new ByParity() };
        await RunAsync(folder, Input(folder, 40), generator, _ => options);

        var again = await new RunSample(ScriptedSource.Of(generator), options).CompareAsync(folder.File("run"), 1, default);

        Assert.AreEqual((80, 80), (again.Answers, again.Equal));
        Assert.IsEmpty(again.Circumstances);
    }

    [TestMethod]
    public async Task RunAsync_StrategyWithAnAdapterThatIsNotThere_IsRefusedBeforeAnythingIsWritten()
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("even", "neg");

        var e = await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => RunAsync(folder, Input(folder, 20), generator, o => o with { Strategy = new ByParity() }));

        StringAssert.Contains(e.Message, "\"odd\" to write positives");
        Assert.IsFalse(Directory.Exists(folder.File("run")));
    }

    [TestMethod]
    public async Task RunAsync_AdapterThatIsNotAmongThoseOfItsStrategy_SaysWhatIsWrongWithTheStrategy()
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("even", "odd", "neg");

        var e = await Assert.ThrowsExactlyAsync<InvalidOperationException>(
            () => RunAsync(folder, Input(folder, 20), generator, o => o with { Strategy = new ByParity("even") }));

        StringAssert.Contains(e.Message, "\"odd\"");
    }

    private static ScriptedGenerator Adapted(params string[] adapters) => new(r => ScriptedGenerator.Answer(
        r, $"Somebody {(r.Adapter == "neg" ? "never carries" : "carries")} {r.Adapter} bread to house {r.RowId}."))
    { Adapters = adapters };

    private static JsonElement Manifest(TemporaryFolder folder)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(folder.File("run/run.json")));
        return json.RootElement.Clone();
    }

    /// <summary>The prompts of XL-LoRA; positives by one of two adapters, as the number of the anchor has it.</summary>
    private sealed class ByParity(params string?[] adapters) : ISynthesisStrategy
    {
        private readonly PromptStrategy _prompts = new();

        public string Name => "by-parity";

        public IReadOnlyDictionary<string, string> Templates => _prompts.Templates;

        public IReadOnlyDictionary<string, string> Settings => _prompts.Settings;

        public static string Of(string anchor) => (anchor[^1] - '0') % 2 == 0 ? "even" : "odd";

        public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random) =>
            _prompts.Prompt(side, anchor, language, random);

        public IReadOnlyList<string?> Adapters(SynthesisSide side, string? named) =>
            side == SynthesisSide.Negative ? [named] : adapters.Length > 0 ? adapters : ["even", "odd"];

        public string? Adapter(SynthesisSide side, string anchor, string language, string? named) =>
            side == SynthesisSide.Negative ? named : Of(anchor);
    }
}
