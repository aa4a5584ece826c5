namespace XlLoraOnnx.Runtime.Tests;

/// <summary>Which adapters stay in a device's memory: the last used, as many as there may be, and as large.</summary>
[TestClass]
public sealed class AdapterResidencyTests
{
    /// <summary>Of the scripted adapters, of rank 1 on one module of 3 features in and 5 out, in float32.</summary>
    private const long One = (3 + 5) * sizeof(float);

    private static readonly string[] Names = ["a", "b", "c"];

    [TestMethod]
    [DataRow(1, 6)]
    [DataRow(2, 6)]
    [DataRow(3, 3)]
    [DataRow(null, 3)]
    public async Task GenerateAsync_InTurns_MountsAgainWhatTheBudgetDidNotHold(int? adapters, int mounted)
    {
        using var folder = new ScriptedFolder(Names) { BytesOfAnAdapter = true };
        var device = new ScriptedDevice();
        using var generator = folder.Generator(device, maxAdapterBytes: adapters * One);

        // least recently used first: with two places the third takes that of the first, which then takes that of the second, …
        foreach (var name in Names.Concat(Names))
            await generator.GenerateAsync([Row(name)]).ToListAsync();

        Assert.AreEqual(mounted, generator.Statistics.AdapterSwitches);
        Assert.AreEqual(adapters ?? 3, device.MaxLanes);
        Assert.IsGreaterThan(TimeSpan.Zero, generator.Statistics.AdapterSwitchTime);
    }

    [TestMethod]
    public async Task GenerateAsync_AdapterLargerThanAllMayBe_IsAnErrorThatSaysHowLarge()
    {
        using var folder = new ScriptedFolder(Names) { BytesOfAnAdapter = true };
        using var generator = folder.Generator(new ScriptedDevice(), maxAdapterBytes: One - 1);

        var error = await Assert.ThrowsExactlyAsync<NotSupportedException>(
            async () => await generator.GenerateAsync([Row("a")]).ToListAsync());

        StringAssert.Contains(error.Message, "MaxAdapterBytes");
        StringAssert.Contains(error.Message, $"{One} bytes");
    }

    [TestMethod]
    public async Task GenerateAsync_AllAtOnceInOnePlace_RunOneAfterTheOther()
    {
        using var folder = new ScriptedFolder(Names) { BytesOfAnAdapter = true };
        var device = new ScriptedDevice();
        using var generator = folder.Generator(device, maxAdapterBytes: One);

        var results = await generator.GenerateAsync([.. Names.Concat(Names).Select((name, i) => Row(name, i))]).ToListAsync();

        Assert.HasCount(6, results);
        Assert.IsTrue(results.All(r => r.Error is null));
        Assert.AreEqual(1, device.MaxLanes);
    }

    [TestMethod]
    [DataRow(4, null, 3)]
    [DataRow(2, null, 2)]
    [DataRow(4, 1, 1)]
    public async Task MemoryPlans_BeforeAnythingIsMounted_CountTheAdaptersThatRowsWillHave(int resident, int? budget, int counted)
    {
        using var folder = new ScriptedFolder(Names) { BytesOfAnAdapter = true };
        var planned = new List<long>();
        ContinuousTextGenerator? generator = null;
        var device = new ScriptedDevice
        {
            Before = (what, _) =>
            {
                if (what == "mount")
                    planned.Add(generator!.MemoryPlans.Single().AdapterBytes);
            },
        };
        using (generator = folder.Generator(device, residentAdapters: resident, maxAdapterBytes: budget * One))
            await generator.GenerateAsync([.. Names.Select((name, i) => Row(name, i))]).ToListAsync();

        Assert.AreEqual(counted * One, planned[0]);
    }

    private static GenerationRequest Row(string adapter, int row = 0) =>
        new() { RowId = row, PromptTokens = [2, 20, 21], Adapter = adapter, MaxNewTokens = 4 };
}
