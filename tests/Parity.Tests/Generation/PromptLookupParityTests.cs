namespace XlLoraOnnx.Parity.Tests;

/// <summary>Tokens that are looked up and read at once, on real graphs: the same answers as without.</summary>
[TestClass]
public sealed class PromptLookupParityTests
{
    private const int Ahead = 6, NewTokens = 40;

    private static readonly SamplingOptions[] Samplings =
    [
        SamplingOptions.Greedy,
        new() { DoSample = true, TopK = 20, TopP = 0.95f, Seed = 5 },
        new() { DoSample = true, Temperature = 0.6f, RepetitionPenalty = 1.1f, Seed = 6 },
    ];

    private static readonly string Integers = ExportedModels.Temporary("lookup-int8");

    [ClassInitialize]
    public static void Export(TestContext _) => ModelExporter.Export(Repository.Demo("base"), Integers, new ExportOptions
    {
        Precision = ExportPrecision.Int8,
        Adapters = new Dictionary<string, string> { ["pos"] = Repository.Demo("pos"), ["neg"] = Repository.Demo("neg") },
    });

    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("llama32-tied")]
    public async Task GenerateAsync_EveryAdapterAndSampling_GivesTheTokensWithout(string model)
    {
        var folder = ExportedModels.Golden(model);
        var requests = Requests([null, .. ExportedModels.AdaptersOf(model)]);
        var (expected, _) = await Answers(folder, slots: 1, ahead: 0, requests);
        foreach (var slots in (int[])[1, 2, 5])
        {
            var (results, statistics) = await Answers(folder, slots, Ahead, requests);

            Same(expected, results, $"{slots} slots");
            if (slots == 1)
                Assert.IsGreaterThan(0, statistics.AcceptedTokens);
        }
    }

    /// <summary>What the model was made for, sampled, an adapter for each side.</summary>
    [TestMethod]
    [DataRow(1, "fp32", 1e-4)]
    [DataRow(5, "fp32", 1e-4)]
    [DataRow(1, "int8", 2e-2)]
    public async Task GenerateAsync_RowsOfTheDemonstration_AreThoseWithoutInFewerSteps(int slots, string precision, double difference)
    {
        // in integers the last bits of float32 may be another code of 8 bits
        var folder = precision == "int8" ? Integers : ExportedModels.Demo;
        var requests = Repository.GreedyLines().Take(60).SelectMany((line, i) => ((string[])["pos", "neg"]).Select(adapter =>
            new GenerationRequest
            {
                RowId = 2 * i + (adapter == "pos" ? 0 : 1),
                RandomStream = i,
                UserMessage = Sent0(line),
                Adapter = adapter,
                LogProbabilities = 1,
                Sampling = i % 2 == 0 ? SamplingOptions.Greedy : null,
            })).ToArray();
        var (expected, _) = await Answers(folder, slots: 1, ahead: 0, requests);

        var (results, statistics) = await Answers(folder, slots, Ahead, requests);

        Same(expected, results, $"{slots} slots");
        foreach (var (row, result) in results)
        {
            foreach (var (one, other) in expected[row].LogProbabilities!.Zip(result.LogProbabilities!))
                Assert.AreEqual(one.Chosen.LogProbability, other.Chosen.LogProbability, difference);
        }
        if (slots > 1)
            return;
        Assert.IsGreaterThan(0, statistics.AcceptedTokens);
        // else a step for each token and for each end
        Assert.IsLessThan(statistics.GeneratedTokens + statistics.Rows, statistics.Batches);
    }

    /// <summary>In another slot, over what was not chosen: the same numbers as far as float32 goes, and the same largest.</summary>
    [TestMethod]
    [DataRow("gemma2")]
    [DataRow("gemma3-text")]
    [DataRow("llama32-tied")]
    public void Prefill_SeveralTokensWanted_GivesTheLogitsOfSingleSteps(string model)
    {
        var folder = ModelFolder.Load(ExportedModels.Golden(model));
        using var device = new OrtDecoderDevice(
            folder, new DecoderDeviceOptions(DeviceName.Parse("cpu"), PrefillTokens: 64) { PromptLookupTokens = Ahead });
        device.Reserve(slots: 2, capacity: 64, keep: 0);
        int[] tokens = [2, .. Enumerable.Range(300, 60)];
        // from here on layers with a window of 16, whose buffers hold 24, move nothing for 8 tokens
        var (past, single) = (25, new List<float[]>());
        Assert.IsFalse(((IDecoderDevice)device).Drops(past, 8));
        foreach (var slot in (int[])[0, 1])
            device.Prefill(slot, 0, tokens.AsSpan(0, past), lane: -1, wanted: 0);
        for (var i = past; i < past + 8; i++)
        {
            device.Prefill(1, i, [tokens[i]], lane: -1, wanted: 1);
            single.Add(device.Logits(0).ToArray());
        }

        device.Prefill(0, past, [.. tokens[past..(past + 2)], 700, 701, 702, 703], lane: -1, wanted: 6);
        Compare(first: 0, count: 2);
        // over what was not chosen
        device.Prefill(0, past + 2, tokens.AsSpan(past + 2, 6), lane: -1, wanted: 6);
        Compare(first: 2, count: 6);

        void Compare(int first, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (expected, actual) = (single[first + i], device.Logits(i).ToArray());
                Assert.IsLessThan(1e-4f, expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max(), $"token {first + i}");
                Assert.AreEqual(expected.IndexOf(expected.Max()), actual.IndexOf(actual.Max()));
            }
        }
    }

    [TestMethod]
    public void Load_ModelWithAnEncoder_IsRefused()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => XlLoraModel.Load(NllbReference.Folder, new XlLoraModelOptions { PromptLookupTokens = 4 }));

        StringAssert.Contains(error.Message, "has an encoder");
        StringAssert.Contains(error.Message, "--prompt-lookup");
    }

    [TestMethod]
    public void Load_GenAi_IsRefused()
    {
        var options = new XlLoraModelOptions
        {
            Engine = TextEngine.GenAi,
            GenAi = new GenAiTextGeneratorFactory(),
            PromptLookupTokens = 4,
        };

        var error = Assert.ThrowsExactly<NotSupportedException>(() => XlLoraModel.Load(ExportedModels.Demo, options));

        StringAssert.Contains(error.Message, "runs on ONNX Runtime GenAI here (asked for)");
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(65)]
    public void Load_TokensOutOfRange_SaysWhatIsAllowed(int tokens)
    {
        var error = Assert.ThrowsExactly<ArgumentOutOfRangeException>(
            () => XlLoraModel.Load(ExportedModels.Demo, new XlLoraModelOptions { PromptLookupTokens = tokens }));

        StringAssert.Contains(error.Message, $"PromptLookupTokens is {tokens}; it must be 0 (off) to 64");
    }

    /// <summary>Prompts with pieces that come again, of up to 120 tokens: longer than the windows, which are of 16.</summary>
    private static GenerationRequest[] Requests(string?[] adapters)
    {
        var random = new Random(9);
        return [.. Enumerable.Range(0, 36).Select(i =>
        {
            int[] piece = [.. Enumerable.Range(0, 4 + i % 9).Select(_ => random.Next(300, 900))];
            return new GenerationRequest
            {
                RowId = i,
                PromptTokens = [2, .. Enumerable.Repeat(piece, 1 + i % 10).SelectMany(t => t)],
                Adapter = adapters[i % adapters.Length],
                MaxNewTokens = NewTokens - i % 7,
                Sampling = Samplings[i / adapters.Length % Samplings.Length],
                IgnoreStopTokens = true,
            };
        })];
    }

    private static async Task<(Dictionary<long, GenerationResult> Results, GenerationStatistics Statistics)> Answers(
        string folder, int slots, int ahead, GenerationRequest[] requests)
    {
        using var model = XlLoraModel.Load(
            folder, new XlLoraModelOptions { Engine = TextEngine.Continuous, Canary = false, Slots = slots, PromptLookupTokens = ahead });
        return (await model.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId), model.Statistics);
    }

    private static void Same(Dictionary<long, GenerationResult> expected, Dictionary<long, GenerationResult> actual, string what)
    {
        Assert.HasCount(expected.Count, actual);
        string[] different = [.. expected.Where(e => !e.Value.Tokens!.SequenceEqual(actual[e.Key].Tokens!)).Select(e => $"row {e.Key}")];
        Assert.IsEmpty(different, $"{what}: {string.Join(", ", different)}");
    }

    private static string Sent0(string line)
    {
        using var json = System.Text.Json.JsonDocument.Parse(line);
        return json.RootElement.GetProperty("sent0").GetString()!;
    }
}
