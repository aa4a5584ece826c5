
namespace XlLoraOnnx.Parity.Tests;

/// <summary>The continuous engine on real graphs: the same tokens as the official one, and as itself with other rows beside.</summary>
[TestClass]
public sealed class ContinuousEngineTests
{
    /// <summary>Prompt 0 to 3 of the recorded ones: the longest has 40 tokens.</summary>
    private const int NewTokens = 24;

    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("gemma3-text-ropescaled")]
    [DataRow("gemma3-multimodal")]
    [DataRow("llama31")]
    [DataRow("llama32-tied")]
    public async Task GenerateAsync_EveryModelAndAdapterTogether_GivesTheTokensOfTheOfficialEngine(string model)
    {
        var folder = ExportedModels.Golden(model);
        string?[] adapters = [null, .. ExportedModels.AdaptersOf(model)];
        var prompts = RecordedPrompt.Read(model);
        var requests = adapters.SelectMany((adapter, a) => prompts.Select((prompt, p) => new GenerationRequest
        {
            RowId = a * prompts.Count + p,
            PromptTokens = [.. prompt.Ids.Select(id => (int)id)],
            Adapter = adapter,
            MaxNewTokens = NewTokens,
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        })).ToArray();

        var official = await Answers(folder, TextEngine.GenAi, requests);
        var continuous = await Answers(folder, TextEngine.Continuous, requests);

        // where two tokens are closer than 1e-3, either may win; on these models that is one row in a hundred
        var different = requests.Where(r => official[r.RowId].Text != continuous[r.RowId].Text)
            .Select(r => $"{r.Adapter}/{r.RowId}").ToArray();
        Assert.IsLessThanOrEqualTo(Math.Max(1, requests.Length / 50), different.Length, string.Join(", ", different));
        Assert.IsTrue(continuous.Values.All(r => r.TokenCount == NewTokens));
    }

    /// <summary>Rows of the demonstration: the same file, whatever runs side by side. (tools/Benchmarks does it with 2,000.)</summary>
    [TestMethod]
    public async Task SynthesizeAsync_AnyNumberOfSlotsAndAnyOrder_GivesTheSameTriplets()
    {
        string[] anchors = [.. Repository.GreedyLines().Select(Sent0)];
        var rows = Enumerable.Range(0, 150).Select(i => new Anchor(i, anchors[i % anchors.Length])).ToArray();
        var expected = await Triplets(rows, slots: 32);

        var differing = new Dictionary<string, int>();
        foreach (var slots in (int[])[1, 3])
            differing[$"{slots} slots"] = Differences(expected, await Triplets(rows, slots));
        var shuffled = rows.ToArray();
        new Random(1).Shuffle(shuffled);
        differing["shuffled"] = Differences(expected, await Triplets(shuffled, slots: 32));

        Assert.IsTrue(differing.Values.All(n => n == 0), string.Join(", ", differing.Select(d => $"{d.Key}: {d.Value} of 150 differ")));
        Assert.IsGreaterThan(125, expected.Values.Distinct().Count(), "the rows draw for themselves");
    }

    [TestMethod]
    public async Task GenerateAsync_TwoEnginesOfOneMachine_ShareTheRows()
    {
        using var model = XlLoraModel.Load(
            ExportedModels.Demo, new XlLoraModelOptions { Engine = TextEngine.Continuous, Devices = ["cpu", "cpu"], Slots = 4 });
        var requests = Enumerable.Range(0, 200).Select(i => new GenerationRequest
        {
            RowId = i,
            UserMessage = "Der Fischer trägt Holz.",
            Adapter = i % 2 == 0 ? "pos" : "neg",
            Sampling = SamplingOptions.Greedy,
        });

        var results = await model.GenerateAsync(requests).ToArrayAsync();

        Assert.HasCount(200, results);
        Assert.HasCount(2, results.Select(r => r.Text).Distinct());
        Assert.HasCount(2, model.MemoryPlans);
    }

    [TestMethod]
    [DataRow("tpu")]
    [DataRow("cuda:x")]
    [DataRow("")]
    public void Load_UnknownDevice_NamesThoseThereAre(string device)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(
            () => XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { Devices = [device] }));

        StringAssert.Contains(error.Message, "cpu and cuda:N");
    }

    [TestMethod]
    public void Load_FolderForTheCpuOnCuda_SaysWhatToExport()
    {
        var error = Assert.ThrowsExactly<InvalidDataException>(
            () => XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { Devices = ["cuda:0"] }));

        StringAssert.Contains(error.Message, "for CUDA export it in bf16");
    }

    private static async Task<Dictionary<long, GenerationResult>> Answers(string folder, TextEngine engine, GenerationRequest[] requests)
    {
        var options = new XlLoraModelOptions { GenAi = new GenAiTextGeneratorFactory(), Engine = engine, Canary = false, Slots = 8, MaxResidentAdapters = 3 };
        using var model = XlLoraModel.Load(folder, options);
        return await model.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);
    }

    private static async Task<Dictionary<long, string>> Triplets(Anchor[] rows, int slots)
    {
        using var model = XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { Engine = TextEngine.Continuous, Slots = slots });
        return await model.SynthesizeAsync(rows.ToAsyncEnumerable())
            .ToDictionaryAsync(r => r.RowId, r => $"{r.Sent1}|{r.HardNeg}|{r.Rejected}");
    }

    private static int Differences(Dictionary<long, string> expected, Dictionary<long, string> actual)
    {
        Assert.HasCount(expected.Count, actual);
        return expected.Count(e => actual[e.Key] != e.Value);
    }

    private static string Sent0(string line)
    {
        using var json = System.Text.Json.JsonDocument.Parse(line);
        return json.RootElement.GetProperty("sent0").GetString()!;
    }
}
