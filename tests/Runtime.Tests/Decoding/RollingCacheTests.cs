using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Layers that drop what no token will see: a row gives what it gives where all is kept, whatever fails.</summary>
[TestClass]
public sealed class RollingCacheTests
{
    private static readonly string?[] Adapters = [null, "pos", "neg"];

    [TestMethod]
    [DataRow(1, 16)]
    [DataRow(3, 1)]
    [DataRow(4, 7)]
    [DataRow(8, 16)]
    [DataRow(32, 40)]
    [DataRow(8, 1000)]
    public async Task GenerateAsync_AnySlotsAndPieces_GivesWhatKeepingAllGives(int slots, int prefillTokens)
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var expected = await KeepingAll(folder);
        var device = new ScriptedDevice { Rolls = true };
        using var generator = folder.Generator(device, slots, prefillTokens, residentAdapters: 2);

        var results = await generator.GenerateAsync(LongRows()).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
        Assert.IsGreaterThan(100, device.Dropped);
        Assert.IsGreaterThan(0, generator.Statistics.SharedPromptTokens);
        Assert.AreEqual(0, generator.Statistics.Retries);
    }

    /// <summary>Short rows first, so that slots grow while they run.</summary>
    [TestMethod]
    public async Task GenerateAsync_SlotsThatGrowBeyondTheWindow_KeepWhatTheyHave()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var expected = await KeepingAll(folder);
        var device = new ScriptedDevice { Rolls = true };
        using var generator = folder.Generator(device, slots: 8);
        var requests = LongRows().OrderBy(r => r.PromptTokens!.Count + r.MaxNewTokens).ToArray();

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
    }

    [TestMethod]
    [DataRow(true, DisplayName = "before it wrote")]
    [DataRow(false, DisplayName = "after it wrote")]
    public async Task GenerateAsync_CallsThatFail_AreMadeAgainOnlyWhereNothingIsGone(bool before)
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var expected = await KeepingAll(folder);
        var calls = 0;
        void Fail(string what, int _)
        {
            if (what != "mount" && ++calls % 41 == 0)
                throw new DeviceFailedException("injected");
        }
        var device = new ScriptedDevice { Rolls = true, Before = before ? Fail : null, After = before ? null : Fail };
        using var generator = folder.Generator(device, slots: 6);

        var results = await generator.GenerateAsync(LongRows()).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
        Assert.IsGreaterThan(0, generator.Statistics.Retries);
        Assert.IsGreaterThan(generator.Statistics.Retries + 5, calls / 41, "some could not be made again");
    }

    [TestMethod]
    public async Task GenerateAsync_OutOfMemoryAfterAStepWrote_BeginsRowsAgain()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var expected = await KeepingAll(folder);
        for (var most = 40; most < 100; most += 6)
        {
            var steps = 0;
            var device = new ScriptedDevice { Rolls = true };
            device.After = (what, _) =>
            {
                if (what == "decode" && device.Slots > 4 && ++steps > most)
                    throw new DeviceMemoryException("no room for the step");
            };
            using var generator = folder.Generator(device, slots: 32, prefillTokens: 64);

            Same(expected, await generator.GenerateAsync(LongRows()).ToDictionaryAsync(r => r.RowId));
            Assert.IsLessThanOrEqualTo(4, device.Slots);
        }
    }

    [TestMethod]
    public void FirstKept_BuffersOf24ForAWindowOf16_IsWhereOnnxRuntimeHasIt()
    {
        var layers = new RollingLayers(16, new HashSet<int> { 0 });
        (int Length, int First)[] measured = [(1, 0), (24, 0), (25, 9), (33, 9), (34, 18), (42, 18), (43, 27), (78, 54), (79, 63)];

        Assert.AreEqual(24, layers.Capacity);
        foreach (var (length, first) in measured)
            Assert.AreEqual(first, layers.FirstKept(length), $"{length}");
    }

    private static async Task<Dictionary<long, GenerationResult>> KeepingAll(ScriptedFolder folder)
    {
        using var generator = folder.Generator(new ScriptedDevice(), slots: 1, prefillTokens: 1000);
        return await generator.GenerateAsync(LongRows()).ToDictionaryAsync(r => r.RowId);
    }

    /// <summary>Prompts of up to 90 tokens, many of which begin alike, for a window of 24 positions.</summary>
    private static GenerationRequest[] LongRows()
    {
        var random = new Random(11);
        int[] shared = [2, .. Enumerable.Range(10, 60)];
        return [.. Enumerable.Range(0, 200).Select(i =>
        {
            var own = Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(ScriptedDevice.Vocabulary));
            var beginning = (i % 4) switch { 0 => 0, 1 => 61, 2 => 45, _ => random.Next(8, 61) };
            return Tokens(i, [.. shared[..beginning], .. own], random.Next(1, 38), Adapters[i % Adapters.Length]);
        })];
    }

    private static void Same(Dictionary<long, GenerationResult> expected, Dictionary<long, GenerationResult> results)
    {
        Assert.HasCount(expected.Count, results);
        foreach (var (row, result) in expected)
            Assert.AreEqual(result, results[row]);
    }
}
