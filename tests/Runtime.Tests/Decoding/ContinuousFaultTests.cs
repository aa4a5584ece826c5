using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Devices that fail, callers that go, adapters taken away: the rows that are meant end, with a reason, and no others.</summary>
[TestClass]
public sealed partial class ContinuousFaultTests
{
    [TestMethod]
    public async Task GenerateAsync_NativeFailureInOneStep_CostsNothing()
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        var expected = await Undisturbed(folder);
        var failed = false;
        var device = new ScriptedDevice { Before = (what, call) => FailIf(what == "decode" && call >= 60 && !failed && (failed = true)) };
        using var generator = folder.Generator(device);

        var results = await generator.GenerateAsync(Rows(100)).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
        Assert.AreEqual(1, generator.Statistics.Retries);
    }

    [TestMethod]
    public async Task GenerateAsync_StepThatFailsAgain_BeginsItsRowsAgain()
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        var expected = await Undisturbed(folder);
        var device = new ScriptedDevice { Before = (_, call) => FailIf(call is 60 or 61 or 90 or 91) };
        using var generator = folder.Generator(device);

        var results = await generator.GenerateAsync(Rows(100)).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
    }

    [TestMethod]
    public async Task GenerateAsync_RowThatAlwaysFails_IsRejectedAlone()
    {
        using var folder = new ScriptedFolder();
        var device = new PoisonedDevice(poison: 63);
        using var generator = new ContinuousTextGenerator(folder.Model, [device], new ContinuousOptions(8, 16));
        var requests = Enumerable.Range(0, 30).Select(i => Tokens(i, i == 11 ? [2, 20, 63, 21] : [2, 10 + i], 20, null)
            with
        { Sampling = new SamplingOptions { RepetitionPenalty = 1.5f } }).ToArray();

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.AreEqual(RejectionKind.Failed, results[11].RejectionKind);
        StringAssert.Contains(results[11].Error, "poison");
        Assert.HasCount(29, results.Values.Where(r => r.FinishReason != FinishReason.Rejected));
    }

    [TestMethod]
    public async Task GenerateAsync_DeviceThatIsLost_GivesItsRowsToTheOther()
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        var expected = await Undisturbed(folder);
        var broken = new ScriptedDevice { Name = "broken", Before = (_, call) => FailIf(call > 40) };
        using var generator = folder.Generator([broken, new ScriptedDevice()]);

        var results = await generator.GenerateAsync(Rows(100)).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
    }

    [TestMethod]
    public async Task GenerateAsync_LastDeviceIsLost_RejectsWhatIsLeftAndWhatComes()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice { Before = (_, call) => FailIf(call > 40) });

        var results = await generator.GenerateAsync(Rows(100, [null])).ToArrayAsync();
        var later = await generator.GenerateAsync(Rows(3, [null])).ToArrayAsync();

        Assert.HasCount(100, results);
        var failed = results.Where(r => r.RejectionKind == RejectionKind.Failed).ToArray();
        Assert.IsTrue(failed.Length is > 50 and < 100, $"{failed.Length} rows failed");
        Assert.HasCount(3, later.Where(r => r.Error!.Contains("No device is left", StringComparison.Ordinal)));
    }

    [TestMethod]
    [DataRow(200, null, DisplayName = "the plan knows")]
    [DataRow(300, 100_000, DisplayName = "the plan is wrong")]
    public async Task GenerateAsync_LittleMemory_RunsFewerRowsAtATime(int positions, int? planned)
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        var expected = await Undisturbed(folder);
        var device = new ScriptedDevice { Positions = positions, PlannedPositions = planned };
        using var generator = folder.Generator(device, slots: 32);

        var results = await generator.GenerateAsync(Rows(100)).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
        Assert.IsLessThanOrEqualTo(positions / 8, device.RowsOfSteps.Max());
    }

    [TestMethod]
    public async Task GenerateAsync_OutOfMemoryInAStep_HalvesTheSlotsAndGoesOn()
    {
        using var folder = new ScriptedFolder("pos", "neg", "third");
        var expected = await Undisturbed(folder);
        var device = new ScriptedDevice();
        device.Before = (what, _) =>
        {
            if (what == "decode" && device.Slots > 4)
                throw new DeviceMemoryException("no room for the step");
        };
        using var generator = folder.Generator(device, slots: 16);

        var results = await generator.GenerateAsync(Rows(100)).ToDictionaryAsync(r => r.RowId);

        Same(expected, results);
        Assert.AreEqual(4, device.RowsOfSteps.Max());
    }

    [TestMethod]
    public async Task GenerateAsync_NoMemoryForOneRow_RejectsItWithTheFigures()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice { Positions = 40 });

        var results = await generator.GenerateAsync([Tokens(0, [.. Enumerable.Range(2, 60)], 10, null), Tokens(1, [2, 3], 10, null)])
            .ToDictionaryAsync(r => r.RowId);

        Assert.AreEqual(RejectionKind.TooLong, results[0].RejectionKind);
        StringAssert.Contains(results[0].Error, "needs 72 bytes on scripted");
        Assert.AreNotEqual(FinishReason.Rejected, results[1].FinishReason);
    }

    [TestMethod]
    public async Task GenerateAsync_CancelledInTheMiddle_LeavesTheOthersAlone()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice(), slots: 8);
        using var source = new CancellationTokenSource();
        var requests = Rows(300, [null]);
        var other = generator.GenerateAsync(requests).CountAsync();

        var cancelled = Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            var results = 0;
            await foreach (var _ in generator.GenerateAsync(requests, source.Token))
            {
                if (++results == 5)
                    await source.CancelAsync();
            }
        });

        await cancelled;
        Assert.AreEqual(300, await other);
    }

    [TestMethod]
    public async Task GenerateAsync_LeftEarly_FreesItsSlots()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice(), slots: 2);

        for (var i = 0; i < 20; i++)
            await generator.GenerateAsync(Rows(50, [null])).FirstAsync();
        var results = await generator.GenerateAsync(Rows(50, [null])).ToArrayAsync();

        Assert.HasCount(50, results);
    }

    [TestMethod]
    public async Task GenerateAsync_OnTextThrows_EndsThatRowAlone()
    {
        using var folder = new ScriptedFolder();
        using var generator = folder.Generator(new ScriptedDevice());
        var requests = Rows(20, [null]).Select(r => r.RowId == 7
            ? r with { MaxNewTokens = 30, OnText = _ => throw new InvalidOperationException("the listener's fault") } : r).ToArray();

        var results = await generator.GenerateAsync(requests).ToDictionaryAsync(r => r.RowId);

        Assert.AreEqual(RejectionKind.Invalid, results[7].RejectionKind);
        StringAssert.Contains(results[7].Error, "the listener's fault");
        Assert.HasCount(19, results.Values.Where(r => r.FinishReason != FinishReason.Rejected));
    }

    [TestMethod]
    public async Task Dispose_WhileRowsRun_EndsTheCallsAndTheDevice()
    {
        using var folder = new ScriptedFolder();
        var device = new ScriptedDevice { Before = (_, _) => Thread.Sleep(1) };
        var generator = folder.Generator(device);
        await using var call = generator.GenerateAsync(Rows(500, [null])).GetAsyncEnumerator();
        Assert.IsTrue(await call.MoveNextAsync());

        generator.Dispose();

        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(async () =>
        {
            while (await call.MoveNextAsync())
            {
                // results that were there already
            }
        });
        Assert.IsTrue(device.IsDisposed);
        await Assert.ThrowsExactlyAsync<ObjectDisposedException>(
            async () => await generator.GenerateAsync(Rows(1, [null])).CountAsync());
    }

    [TestMethod]
    public async Task GenerateAsync_LogitsThatAreNoNumbers_RejectTheRow()
    {
        using var folder = new ScriptedFolder();
        using var generator = new ContinuousTextGenerator(
            folder.Model, [new PoisonedDevice(poison: 63, withNumbers: true)], new ContinuousOptions(8, 16));

        var results = await generator.GenerateAsync([Tokens(0, [2, 63, 5], 5, null), Tokens(1, [2, 4, 5], 5, null)])
            .ToDictionaryAsync(r => r.RowId);

        Assert.AreEqual(RejectionKind.Failed, results[0].RejectionKind);
        StringAssert.Contains(results[0].Error, "not a number");
        Assert.AreNotEqual(FinishReason.Rejected, results[1].FinishReason);
    }

    private static async Task<Dictionary<long, GenerationResult>> Undisturbed(ScriptedFolder folder)
    {
        using var generator = folder.Generator(new ScriptedDevice());
        return await generator.GenerateAsync(Rows(100)).ToDictionaryAsync(r => r.RowId);
    }

    private static void Same(Dictionary<long, GenerationResult> expected, Dictionary<long, GenerationResult> results)
    {
        Assert.HasCount(expected.Count, results);
        foreach (var (row, result) in expected)
            Assert.AreEqual(result, results[row]);
    }

    private static void FailIf(bool fails)
    {
        if (fails)
            throw new DeviceFailedException("injected");
    }
}
