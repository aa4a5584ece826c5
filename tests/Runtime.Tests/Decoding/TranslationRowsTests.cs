namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Rows of which an encoder reads a text, with and without beams: whatever runs beside them and whatever fails.</summary>
[TestClass]
public sealed class TranslationRowsTests
{
    private static readonly string?[] Adapters = [null, "eng-hau", "eng-hin", "eng-swh"];

    [TestMethod]
    [DataRow(1)]
    [DataRow(4)]
    public async Task GenerateAsync_ManyRows_AreThoseOfEachAlone(int beams)
    {
        using var folder = Folder();
        var together = await Run(folder, beams, Rows(60), new ScriptedDevice());

        foreach (var row in Rows(60).Where(r => r.RowId % 7 == 0))
        {
            var alone = await Run(folder, beams, [row], new ScriptedDevice());
            Assert.AreEqual(alone[row.RowId], together[row.RowId]);
        }
        Assert.IsGreaterThan(50, together.Values.Select(r => r.Text).Distinct().Count());
        Assert.IsGreaterThan(0, together.Values.Count(r => r.FinishReason == FinishReason.Stop));
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(3)]
    public async Task GenerateAsync_StepsAndTextsThatFail_BeginTheirRowsAgain(int beams)
    {
        using var folder = Folder();
        var expected = await Run(folder, beams, Rows(40), new ScriptedDevice());
        var encoded = 0;
        var device = new ScriptedDevice
        {
            // a call fails twice, so that it is not only made again
            Before = (what, call) => FailIf(call is 20 or 21 or 50 or 51 || (what == "encode" && encoded++ is 3 or 4)),
        };

        Same(expected, await Run(folder, beams, Rows(40), device));
    }

    [TestMethod]
    public async Task GenerateAsync_LittleMemory_RunsFewerRowsAtATime()
    {
        using var folder = Folder();
        var expected = await Run(folder, 4, Rows(30), new ScriptedDevice());
        var device = new ScriptedDevice { Positions = 4 * 40 * 2, PlannedPositions = 100_000 };

        Same(expected, await Run(folder, 4, Rows(30), device));
        Assert.IsLessThan(6 * 4, device.RowsOfSteps.Max());
    }

    [TestMethod]
    public async Task GenerateAsync_TextsOfManyLengths_AreReadInBatchesOfTheBudget()
    {
        using var folder = Folder();
        var device = new ScriptedSourceDevice(1, new ScriptedDevice());
        using var generator = Generator(folder, device, beams: 1);

        await generator.GenerateAsync(Rows(32)).ToListAsync();

        Assert.AreEqual(32 + (2 * Adapters.Count(a => a is not null)) - 2, device.Encoded.Sum(), "each once, and the canary");
        Assert.IsGreaterThan(2, device.Encoded.Max());
    }

    [TestMethod]
    public async Task GenerateAsync_ListenerOfABeamSearch_GetsTheWholeText()
    {
        using var folder = Folder();
        var text = "";
        var row = Rows(1)[0] with { OnText = piece => text += piece };

        var results = await Run(folder, 4, [row], new ScriptedDevice());

        Assert.AreEqual(results[0].Text, text);
        Assert.AreEqual(results[0].Text, results[0].Hypotheses![0].Text);
    }

    [TestMethod]
    [Timeout(60_000)]
    public async Task GenerateAsync_DeviceThatFailsWhileAnAdapterIsMounted_RejectsTheRowAndEnds()
    {
        using var folder = Folder();
        var device = new ScriptedDevice
        {
            Before = (what, _) =>
            {
                if (what == "mount")
                    throw new InvalidOperationException("nobody expected this");
            },
        };

        var results = await Run(folder, 1, Rows(4), device);

        Assert.HasCount(4, results);
        Assert.IsTrue(results.Values.All(r => r.RejectionKind == RejectionKind.Failed));
        StringAssert.Contains(results[1].Error, "nobody expected this");
    }

    private static ScriptedFolder Folder() => ScriptedFolder.Translator([.. Adapters.OfType<string>()]);

    private static GenerationRequest[] Rows(int count) => [.. Enumerable.Range(0, count).Select(i => new GenerationRequest
    {
        RowId = i,
        Translation = new TranslationSource(
            string.Concat(Enumerable.Range(0, 1 + (i % 9)).Select(k => $"word{i * k} ")), "eng_Latn", i % 2 == 0 ? "hau_Latn" : "hin_Deva"),
        Adapter = Adapters[i % Adapters.Length],
        MaxNewTokens = 5 + (i % 25),
        Sampling = new SamplingOptions { DoSample = false },
    })];

    private static ContinuousTextGenerator Generator(ScriptedFolder folder, ISourceDevice device, int beams) =>
        new(folder.Model, [device], new ContinuousOptions(MaxSlots: 6, PrefillTokens: 64, MaxResidentAdapters: 3)
        {
            Beams = beams == 1 ? null : new BeamSearchOptions(beams),
        });

    private static async Task<Dictionary<long, GenerationResult>> Run(
        ScriptedFolder folder, int beams, IReadOnlyList<GenerationRequest> rows, ScriptedDevice device)
    {
        using var generator = Generator(folder, new ScriptedSourceDevice(beams, device), beams);
        return await generator.GenerateAsync(rows).ToDictionaryAsync(r => r.RowId);
    }

    private static void FailIf(bool fails)
    {
        if (fails)
            throw new DeviceFailedException("scripted");
    }

    private static void Same(Dictionary<long, GenerationResult> expected, Dictionary<long, GenerationResult> results)
    {
        Assert.HasCount(expected.Count, results);
        foreach (var (row, result) in expected)
            Assert.AreEqual(result, results[row]);
    }
}
