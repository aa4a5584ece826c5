using System.Runtime.InteropServices;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class BrowserChoiceTests : IDisposable
{
    private readonly TemporaryFolder _machine = new();
    private readonly List<string> _said = [];

    public void Dispose() => _machine.Dispose();

    [TestMethod]
    public async Task Start_WithABrowserThatStarts_AsksNoSource()
    {
        var program = _machine.Write("chrome.exe", "");
        var source = new ScriptedSource();
        using var choice = Choice(source);

        Assert.AreEqual(program, await choice.StartAsync(Task.FromResult, _said.Add));

        Assert.AreEqual(0, source.Asked);
        Assert.IsEmpty(_said);
    }

    [TestMethod]
    public async Task Start_WithOneThatDoesNotStart_TakesTheNext()
    {
        _machine.Write("chrome.exe", "");
        var edge = _machine.Write("msedge.exe", "");
        using var choice = Choice(new ScriptedSource());

        Assert.AreEqual(edge, await choice.StartAsync(p => p == edge ? Task.FromResult(p) : throw new TimeoutException(), _said.Add));
    }

    [TestMethod]
    public async Task Start_WhenTheFirstSourceFails_AsksTheNext()
    {
        var offline = new ScriptedSource { Outcome = "exit code 1: offline" };
        var package = new ScriptedSource { Brings = _machine.File("chrome.exe") };
        using var choice = Choice(offline, package);

        Assert.AreEqual(package.Brings, await choice.StartAsync(Task.FromResult, _said.Add));

        Assert.AreEqual(1, offline.Asked);
        Assert.AreEqual(1, package.Asked);
    }

    [TestMethod]
    public async Task Start_WithNothingToBeHad_IsSkippedWithTheCommandAndAsksOnce()
    {
        var offline = new ScriptedSource { Outcome = "exit code 1: offline" };
        var forbidden = new ScriptedSource { Allowed = false, Command = "sudo install-it" };
        using var choice = Choice(offline, forbidden);

        var skipped = await Assert.ThrowsExactlyAsync<AssertInconclusiveException>(() => choice.StartAsync(Task.FromResult, _said.Add));
        var again = await Assert.ThrowsExactlyAsync<AssertInconclusiveException>(() => choice.StartAsync(Task.FromResult, _said.Add));

        foreach (var part in (string[])[offline.Command!, offline.Outcome, forbidden.Command!])
            StringAssert.Contains(skipped.Message, part);
        Assert.AreEqual(skipped.Message, again.Message);
        Assert.AreEqual(skipped.Message, _said[^1]);
        Assert.AreEqual(1, offline.Asked);
        Assert.AreEqual(0, forbidden.Asked);
    }

    [TestMethod]
    public async Task Start_WhenAnotherProcessGotOneMeanwhile_AsksNoSource()
    {
        var source = new ScriptedSource();
        using var choice = Choice(source);
        using var turn = await MachineLock.TakeAsync(_machine.File("lock"), TimeSpan.Zero);

        var waiting = choice.StartAsync(Task.FromResult, _said.Add);
        var program = _machine.Write("chrome.exe", "");
        turn!.Dispose();

        Assert.AreEqual(program, await waiting);
        Assert.AreEqual(0, source.Asked);
    }

    [TestMethod]
    public async Task Lock_HeldForTooLong_IsNotTaken()
    {
        using var turn = await MachineLock.TakeAsync(_machine.File("lock"), TimeSpan.Zero);

        Assert.IsNull(await MachineLock.TakeAsync(_machine.File("lock"), TimeSpan.FromMilliseconds(300)));
    }

    /// <summary>Sees the programs of the folder alone, whatever this machine has.</summary>
    private BrowserChoice Choice(params IBrowserSource[] sources) =>
        new(new BrowserSearch(OSPlatform.Windows, name => name == "PATH" ? _machine.Path : null), sources, _machine.File("lock"));

    private sealed class ScriptedSource : IBrowserSource
    {
        public string? Command { get; init; } = "get-it";

        public bool Allowed { get; init; } = true;

        public string? Outcome { get; init; }

        public string? Brings { get; init; }

        public int Asked { get; private set; }

        public Task<string?> GetAsync()
        {
            Asked++;
            if (Brings is not null)
                File.WriteAllText(Brings, "");
            return Task.FromResult(Outcome);
        }
    }
}
