using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class LogProbabilityReaderTests
{
    [TestMethod]
    public void Of_ATokenOfLogits_IsTheLogarithmOfItsSoftmax()
    {
        var random = new Random(3);
        var logits = Enumerable.Range(0, 5000).Select(_ => random.NextSingle() * 40 - 20).Append(float.NegativeInfinity).ToArray();
        logits[17] = logits[18] = 30;
        var sum = logits.Sum(l => Math.Exp((double)l));
        var reader = new LogProbabilityReader();

        reader.Read(logits, top: 4);
        var told = reader.Of(4321);

        Assert.AreEqual(Math.Log(Math.Exp((double)logits[4321]) / sum), told.Chosen.LogProbability, 1e-5);
        int[] likeliest = [17, 18, .. Enumerable.Range(0, 5000).Where(i => i is not (17 or 18)).OrderByDescending(i => logits[i]).Take(2)];
        CollectionAssert.AreEqual(likeliest, told.Top.Select(t => t.Token).ToArray());
        Assert.AreEqual(double.NegativeInfinity, reader.Of(5000).Chosen.LogProbability);
    }

    [TestMethod]
    public void Read_LogitsThatAreNoNumbers_IsRefused() =>
        Assert.ThrowsExactly<InvalidDataException>(() => new LogProbabilityReader().Read([1, float.NaN, 2], 1));

    [TestMethod]
    public async Task GenerateAsync_WithLogProbabilities_TellsThemOfTheModelAndChangesNoToken()
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        using var generator = folder.Generator(new ScriptedDevice());
        var requests = Rows(60);
        var without = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        var with = await generator.GenerateAsync(Array.ConvertAll(requests, r => r with { LogProbabilities = 3 }))
            .ToDictionaryAsync(r => r.RowId);

        var drawn = 0;
        foreach (var request in requests)
        {
            var result = with[request.RowId];
            CollectionAssert.AreEqual(without[request.RowId].Tokens.ToArray(), result.Tokens.ToArray());
            Assert.IsNull(without[request.RowId].LogProbabilities);
            CollectionAssert.AreEqual(result.Tokens.ToArray(), result.LogProbabilities!.Select(t => t.Chosen.Token).ToArray());
            foreach (var token in result.LogProbabilities!)
            {
                Assert.HasCount(3, token.Top);
                Assert.IsLessThan(1, token.Top.Sum(t => Math.Exp(t.LogProbability)));
                Assert.IsTrue(token.Chosen.LogProbability <= token.Top[0].LogProbability);
                drawn += token.Chosen == token.Top[0] ? 0 : 1;
            }
            if (request.Sampling == SamplingOptions.Greedy)
                Assert.IsTrue(result.LogProbabilities!.All(t => t.Chosen == t.Top[0]));
        }
        Assert.IsGreaterThan(50, drawn);
    }

    [TestMethod]
    public async Task GenerateAsync_RowThatBeginsAgain_TellsEachTokenOnce()
    {
        using var folder = new ScriptedFolder();
        var device = new ScriptedDevice
        {
            Before = (_, call) =>
            {
                if (call is 12 or 13)
                    throw new DeviceFailedException("injected");
            },
        };
        using var generator = folder.Generator(device);
        var told = new List<TokenLogProbabilities>();

        var result = await generator.GenerateAsync([Tokens(0, [2, 10, 11], 30, null) with
        {
            LogProbabilities = 0, OnLogProbabilities = told.Add, IgnoreStopTokens = true,
        }]).SingleAsync();

        Assert.HasCount(30, told);
        CollectionAssert.AreEqual(result.LogProbabilities!.ToArray(), told);
        Assert.AreEqual(1, generator.Statistics.Retries);
    }

    [TestMethod]
    [DataRow(-1)]
    [DataRow(21)]
    public async Task GenerateAsync_MoreThanMayBeTold_IsARejectedRow(int asked)
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice());

        var result = await generator.GenerateAsync([Tokens(0, [2, 10], 5, null) with { LogProbabilities = asked }]).SingleAsync();

        Assert.AreEqual(RejectionKind.Invalid, result.RejectionKind);
        StringAssert.Contains(result.Error, "from 0 to 20");
    }
}
