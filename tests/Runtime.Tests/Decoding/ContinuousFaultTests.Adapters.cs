using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

public sealed partial class ContinuousFaultTests
{
    [TestMethod]
    public async Task RemoveAdapter_WhileRowsUseIt_EndsThoseRowsAlone()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var device = new ScriptedDevice();
        using var generator = folder.Generator(device, slots: 4);
        // more than an engine does while this thread has to wait for a processor
        var requests = Rows(4000, ["pos", "neg"]);
        var results = new List<GenerationResult>();

        await foreach (var result in generator.GenerateAsync(requests))
        {
            results.Add(result);
            if (results.Count == 10)
                generator.RemoveAdapter("neg");
        }

        Assert.HasCount(4000, results);
        var removed = results.Where(r => r.RejectionKind == RejectionKind.AdapterRemoved).ToArray();
        Assert.IsGreaterThan(10, removed.Length);
        Assert.IsTrue(removed.All(r => r.Adapter == "neg" && r.Error!.Contains("'neg' was removed", StringComparison.Ordinal)));
        Assert.HasCount(2000, results.Where(r => r.Adapter == "pos" && r.FinishReason != FinishReason.Rejected));
        Assert.ThrowsExactly<ArgumentException>(() => generator.RemoveAdapter("neg"));
    }

    [TestMethod]
    public async Task GenerateAsync_AdapterThatDoesNothing_FailsTheCallThatAsksForIt()
    {
        using var folder = new ScriptedFolder("", "pos");
        using var generator = folder.Generator(new ScriptedDevice());

        var error = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            async () => await generator.GenerateAsync(Rows(4, [""])).CountAsync());
        var results = await generator.GenerateAsync(Rows(4, ["pos"])).ToArrayAsync();

        StringAssert.Contains(error.Message, "does nothing");
        Assert.HasCount(4, results.Where(r => r.FinishReason != FinishReason.Rejected));
    }

    [TestMethod]
    public async Task GenerateAsync_AdapterWhoseFileIsGone_FailsItsCallAndTakesNoLane()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        using var elsewhere = new XlLoraOnnx.Tests.TemporaryFolder();
        var device = new ScriptedDevice();
        using var generator = folder.Generator(device, residentAdapters: 1);
        var file = elsewhere.File("gone.onnx_adapter");
        File.Copy(folder.AdapterFile, file);
        generator.AddAdapter("gone", file);
        File.Delete(file);

        await Assert.ThrowsExactlyAsync<InvalidDataException>(
            async () => await generator.GenerateAsync(Rows(2, ["gone"])).CountAsync());
        foreach (var adapter in (string[])["pos", "neg", "pos"])
            Assert.AreEqual(4, await generator.GenerateAsync(Rows(4, [adapter])).CountAsync());

        Assert.AreEqual(1, device.MaxLanes);
    }

    [TestMethod]
    public async Task GenerateAsync_UnknownAdapter_IsRefusedBeforeAnythingRuns()
    {
        using var folder = new ScriptedFolder("pos");
        using var generator = folder.Generator(new ScriptedDevice());

        var error = await Assert.ThrowsExactlyAsync<ArgumentException>(
            async () => await generator.GenerateAsync(Rows(2, ["pos", "nobody"])).CountAsync());

        StringAssert.Contains(error.Message, "'nobody'");
        Assert.AreEqual(0, generator.Statistics.Rows);
    }
}
