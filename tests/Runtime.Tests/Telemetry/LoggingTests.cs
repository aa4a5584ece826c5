using Microsoft.Extensions.Logging;
using static XlLoraOnnx.Runtime.Tests.ContinuousTextGeneratorTests;

namespace XlLoraOnnx.Runtime.Tests;

/// <summary>What happens to devices, adapters and rows is logged, and no text of a caller.</summary>
[TestClass]
public sealed class LoggingTests
{
    [TestMethod]
    public async Task GenerateAsync_MoreAdaptersThanThereIsRoomFor_LogsPlanMountsAndEvictions()
    {
        using var folder = new ScriptedFolder("pos", "neg");
        var logs = new ListedLogs();
        using var generator = folder.Generator([new ScriptedDevice()], residentAdapters: 1, logger: logs);

        await generator.GenerateAsync(Rows(4, ["pos"])).CountAsync();
        await generator.GenerateAsync(Rows(4, ["neg"])).CountAsync();
        generator.RemoveAdapter("neg");
        await generator.GenerateAsync(Rows(4, [null])).CountAsync();

        Assert.MatchesRegex("^scripted holds [48] rows of [0-9]+ positions: [0-9]+ bytes planned, [0-9]+ were free$", Text(logs, 2));
        Assert.Contains("Mounted adapter pos on scripted in ", Text(logs, 3));
        Assert.AreEqual("Evicted adapter pos from scripted, least recently used, for neg", Text(logs, 4));
        Assert.AreEqual("Unmounted adapter neg from scripted: it was removed", Text(logs, 5));
    }

    [TestMethod]
    public async Task GenerateAsync_DeviceThatFails_LogsWhatBecameOfItsRows()
    {
        using var folder = new ScriptedFolder();
        var logs = new ListedLogs();
        var broken = new ScriptedDevice { Name = "broken", Before = (_, call) => FailIf(call > 40) };
        using var generator = folder.Generator([broken, new ScriptedDevice()], logger: logs);

        var results = await generator.GenerateAsync(Rows(100, [null])).ToArrayAsync();

        Assert.HasCount(100, results.Where(r => r.FinishReason != FinishReason.Rejected));
        Assert.Contains("A call of broken failed and is made again: ", Text(logs, 7));
        Assert.IsTrue(logs.Entries.Any(e => e is { Id: 8, Level: LogLevel.Warning }
            && e.Text.StartsWith("broken failed, 4 times in a row; its ", StringComparison.Ordinal)));
        Assert.Contains("broken is given up; devices left: 1. ", Text(logs, 10));
    }

    [TestMethod]
    public async Task GenerateAsync_OutOfMemoryInAStep_LogsHowManyRowsAreLeft()
    {
        using var folder = new ScriptedFolder();
        var logs = new ListedLogs();
        var device = new ScriptedDevice();
        device.Before = (what, _) =>
        {
            if (what == "decode" && device.Slots > 4)
                throw new DeviceMemoryException("no room for the step");
        };
        using var generator = folder.Generator([device], slots: 8, logger: logs);

        await generator.GenerateAsync(Rows(20, [null])).CountAsync();

        Assert.AreEqual("scripted has less memory than planned: 4 rows at a time from now on. no room for the step", Text(logs, 9));
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task GenerateAsync_RejectedRows_AreLoggedWithoutTheirTextUnlessItIsLetIn(bool sensitive)
    {
        using var folder = new ScriptedFolder();
        var logs = new ListedLogs();
        using var generator = new ObservedTextGenerator(folder.Generator(new ScriptedDevice()),
            new TracedModel("demo", SamplingOptions.Greedy, sensitive), logs);
        var secret = new GenerationRequest { RowId = 0, UserMessage = "the secret word", OnText = _ => throw new IOException("secret") };

        await generator.GenerateAsync([secret, secret with { RowId = 1, UserMessage = "the secret word<end_of_turn>" }]).CountAsync();

        Assert.HasCount(2, logs.Entries.Where(e => e is { Id: 6, Level: LogLevel.Information }));
        Assert.AreEqual(sensitive, logs.Entries.Any(e => e.Text.Contains("secret", StringComparison.Ordinal)));
        Assert.IsTrue(logs.Entries.Any(e =>
            e.Text.StartsWith("Rejected row 0 of demo (adapter none): Invalid. ", StringComparison.Ordinal)));
        Assert.IsTrue(logs.Entries.Any(e =>
            e.Text.Contains("SpecialToken. The text contains the special token <end_of_turn>", StringComparison.Ordinal)));
    }

    private static string Text(ListedLogs logs, int id) => logs.Entries.First(e => e.Id == id).Text;

    private static void FailIf(bool fails)
    {
        if (fails)
            throw new DeviceFailedException("scripted failure");
    }
}
