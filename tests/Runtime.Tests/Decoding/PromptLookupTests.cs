using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Rows that read ahead what was looked up: each gives what it gives without, whatever is chosen and where it ends.</summary>
[TestClass]
public sealed class PromptLookupTests
{
    private const int Period = 5;

    private static readonly string?[] Adapters = [null, "pos", "neg"];

    [TestMethod]
    [DataRow(1, 1, false)]
    [DataRow(1, 4, false)]
    [DataRow(1, 4, true)]
    [DataRow(1, 40, true)]
    [DataRow(2, 4, false)]
    [DataRow(5, 4, true)]
    [DataRow(32, 10, false)]
    public async Task GenerateAsync_AnySlotsAndTokensAhead_GivesWhatItGivesWithout(int slots, int ahead, bool rolls)
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var requests = RepeatingRows(120);
        var expected = await Answers(folder, new ScriptedDevice { Period = Period }, slots, ahead: 0, requests);
        var device = new ScriptedDevice { Period = Period, Rolls = rolls };
        using var generator = Generator(folder, device, slots, ahead);

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
        var statistics = generator.Statistics;
        Assert.IsGreaterThan(0, statistics.ProposedTokens);
        Assert.IsLessThanOrEqualTo(ahead + 1, device.Aheads.Max());
        if (rolls)
            Assert.IsGreaterThan(20, device.Dropped);
        if (slots > 1)
            return;
        Assert.IsLessThan(statistics.ProposedTokens, statistics.AcceptedTokens, "some were not chosen, and rolled back");
        Assert.IsLessThan(statistics.GeneratedTokens, statistics.Batches, "steps are saved");
    }

    /// <summary>Every length that a row may have, so that each place of a run of chosen tokens is its last one.</summary>
    [TestMethod]
    public async Task GenerateAsync_LengthLimitWithinChosenTokens_EndsThere()
    {
        using var folder = new ScriptedFolder();
        var requests = Enumerable.Range(1, 40)
            .Select(most => Tokens(most, Repeating(20), most, null) with { IgnoreStopTokens = true, RandomStream = 0 })
            .ToArray();
        using var generator = Generator(folder, new ScriptedDevice { Period = Period }, slots: 1, ahead: 6);

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        foreach (var (most, result) in results)
        {
            Assert.AreEqual((most, FinishReason.Length), (result.TokenCount, result.FinishReason));
            CollectionAssert.AreEqual(results[40].Tokens!.Take((int)most).ToArray(), result.Tokens!.ToArray());
        }
        Assert.IsGreaterThan(100, generator.Statistics.AcceptedTokens);
    }

    [TestMethod]
    public async Task GenerateAsync_RowThatFillsTheContext_EndsThere()
    {
        using var folder = new ScriptedFolder();
        using var generator = Generator(folder, new ScriptedDevice { Period = Period }, slots: 1, ahead: 8);

        var result = await generator.GenerateAsync([Tokens(0, Repeating(100), 500, null) with { IgnoreStopTokens = true }]).SingleAsync();

        Assert.AreEqual((ScriptedFolder.ContextLength - 100, FinishReason.Length), (result.TokenCount, result.FinishReason));
        Assert.IsGreaterThan(0, generator.Statistics.AcceptedTokens);
    }

    /// <summary>A sequence made of two tokens of the answer, at each of its places in turn.</summary>
    [TestMethod]
    public async Task GenerateAsync_StopWithinChosenTokens_EndsThereAndGivesNoMore()
    {
        using var folder = new ScriptedFolder();
        var row = Tokens(3, Repeating(20), 40, null) with { IgnoreStopTokens = true };
        var whole = await Alone(folder, ahead: 0, row);
        for (var place = 1; place < whole.TokenCount; place++)
        {
            var given = new List<string>();
            var stop = folder.Model.Tokenizer.Decode([.. whole.Tokens!.Skip(place - 1).Take(2)]).Trim();
            if (stop.Length == 0)
                continue;
            var stopped = row with { StopSequences = [stop] };
            var expected = await Alone(folder, ahead: 0, stopped);

            var result = await Alone(folder, ahead: 6, stopped with { OnText = given.Add });

            Assert.AreEqual(expected, result);
            Assert.AreEqual(result.Text, string.Concat(given));
        }
    }

    /// <summary>Of many rows, some have the end token among the tokens that were looked up, some behind them.</summary>
    [TestMethod]
    public async Task GenerateAsync_EndTokenInThePrompt_IsChosenAsWithout()
    {
        using var folder = new ScriptedFolder();
        var requests = Enumerable.Range(0, 60).Select(i => Tokens(i, [2, .. Enumerable.Repeat((int[])[30, 31 + i, 6, 32, 33], 4)
            .SelectMany(t => t)], 40, null)).ToArray();
        var expected = await Answers(folder, new ScriptedDevice { Period = Period }, slots: 1, ahead: 0, requests);
        var device = new ScriptedDevice { Period = Period };

        Same(expected, await Answers(folder, device, slots: 1, ahead: 6, requests));
        Assert.IsGreaterThan(20, expected.Values.Count(r => r.FinishReason == FinishReason.Stop));
        Assert.IsNotEmpty(device.Aheads);
    }

    [TestMethod]
    public async Task GenerateAsync_LogProbabilities_AreThoseWithout()
    {
        using var folder = new ScriptedFolder();
        var row = Tokens(3, Repeating(20), 40, null) with { LogProbabilities = 3, IgnoreStopTokens = true };
        var told = new List<TokenLogProbabilities>();
        var expected = await Alone(folder, ahead: 0, row);

        var result = await Alone(folder, ahead: 6, row with { OnLogProbabilities = told.Add });

        CollectionAssert.AreEqual(expected.LogProbabilities!.ToArray(), result.LogProbabilities!.ToArray());
        CollectionAssert.AreEqual(expected.LogProbabilities!.ToArray(), told);
    }

    [TestMethod]
    [DataRow(true, DisplayName = "before it wrote")]
    [DataRow(false, DisplayName = "after it wrote")]
    public async Task GenerateAsync_CallsThatFail_AreMadeAgain(bool before)
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var requests = RepeatingRows(60);
        var expected = await Answers(folder, new ScriptedDevice { Period = Period }, slots: 1, ahead: 0, requests);
        var calls = 0;
        void Fail(string what, int _)
        {
            if (what != "mount" && ++calls % 41 == 0)
                throw new DeviceFailedException("injected");
        }
        var device = new ScriptedDevice { Period = Period, Rolls = true, Before = before ? Fail : null, After = before ? null : Fail };
        using var generator = Generator(folder, device, slots: 1, ahead: 4);

        Same(expected, await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId));
        Assert.IsGreaterThan(0, generator.Statistics.Retries);
    }

    /// <summary>Rows that say the same: the third is looked up in the answers before, and one with another adapter is not.</summary>
    [TestMethod]
    public async Task GenerateAsync_AnswersBefore_AreLookedUpForTheSameAdapterAlone()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var device = new ScriptedDevice();
        using var generator = Generator(folder, device, slots: 1, ahead: 4);
        var row = Tokens(0, [2, .. Enumerable.Range(40, 20)], 30, "pos") with
        {
            Sampling = SamplingOptions.Greedy,
            IgnoreStopTokens = true,
        };

        var first = await generator.GenerateAsync([row]).SingleAsync();
        await generator.GenerateAsync([row]).SingleAsync();
        var before = generator.Statistics;
        await generator.GenerateAsync([row with { Adapter = "neg" }]).SingleAsync();
        var other = generator.Statistics.Since(before);
        before = generator.Statistics;
        var again = await generator.GenerateAsync([row]).SingleAsync();
        var same = generator.Statistics.Since(before);

        Assert.AreEqual(first, again);
        Assert.AreEqual(0, other.AcceptedTokens);
        Assert.IsGreaterThanOrEqualTo(15, same.AcceptedTokens);
        Assert.AreEqual(30 - same.AcceptedTokens, same.Batches);
    }

    [TestMethod]
    public async Task GenerateAsync_SeveralRows_ReadNothingAhead()
    {
        using var folder = new ScriptedFolder();
        var device = new ScriptedDevice { Period = Period };
        using var generator = Generator(folder, device, slots: 4, ahead: 4);
        var requests = Enumerable.Range(0, 4).Select(i => Tokens(i, Repeating(20), 30, null) with { IgnoreStopTokens = true }).ToArray();

        await generator.GenerateAsync(requests).CountAsync();

        Assert.IsEmpty(device.Aheads);
        Assert.AreEqual((0, 0.0), (generator.Statistics.ProposedTokens, generator.Statistics.AcceptedTokenShare));
    }

    private static ContinuousTextGenerator Generator(ScriptedFolder folder, ScriptedDevice device, int slots, int ahead) =>
        new(folder.Model, [device], new ContinuousOptions(slots, PrefillTokens: 16) { PromptLookupTokens = ahead });

    private static async Task<Dictionary<long, GenerationResult>> Answers(
        ScriptedFolder folder, ScriptedDevice device, int slots, int ahead, GenerationRequest[] requests)
    {
        using var generator = Generator(folder, device, slots, ahead);
        return await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);
    }

    private static async Task<GenerationResult> Alone(ScriptedFolder folder, int ahead, GenerationRequest request) =>
        (await Answers(folder, new ScriptedDevice { Period = Period }, slots: 1, ahead, [request])).Values.Single();

    /// <summary>A beginning and tokens that come again and again.</summary>
    private static int[] Repeating(int length) => [2, .. Enumerable.Range(0, length - 1).Select(i => 30 + i % Period)];

    /// <summary>Every adapter and way to choose; short rows and rows longer than a window of 24.</summary>
    private static GenerationRequest[] RepeatingRows(int count)
    {
        SamplingOptions[] samplings =
        [
            SamplingOptions.Greedy, new() { DoSample = true, TopK = 20, TopP = 0.95f, Seed = 3 },
            new() { DoSample = true, Temperature = 0.7f, RepetitionPenalty = 1.02f, MinP = 0.05f, Seed = 4 },
        ];
        return [.. Enumerable.Range(0, count).Select(i => Tokens(i, Repeating(8 + i % 60), 10 + i % 50, Adapters[i % Adapters.Length]) with
        {
            Sampling = samplings[i / 3 % samplings.Length],
        })];
    }

    private static void Same(Dictionary<long, GenerationResult> expected, Dictionary<long, GenerationResult> results)
    {
        Assert.HasCount(expected.Count, results);
        foreach (var (row, result) in expected)
            Assert.AreEqual(result, results[row]);
    }
}
