using System.Diagnostics;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class BoundedProcessTests
{
    [TestMethod]
    public async Task Run_OfAProgramThatEndsWell_SaysNothing() => Assert.IsNull(await RunAsync("exit 0"));

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public async Task Run_OfAProgramThatFails_SaysItsCodeAndLastWords()
    {
        Assert.AreEqual("exit code 3: offline", await RunAsync("echo offline >&2; exit 3"));
        Assert.AreEqual("exit code 4: 5 | 6 | 7 | 8 | 9 | 10", await RunAsync("seq 10; exit 4"));
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public async Task Run_OfAProgramThatWaitsForInput_GetsNone() => Assert.IsNull(await RunAsync("cat"));

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public async Task Run_OfAProgramThatHangs_EndsItAndItsChildren()
    {
        using var folder = new TemporaryFolder();
        var alive = folder.File("alive");

        var outcome = await RunAsync($"(sleep 2; touch '{alive}') & wait", TimeSpan.FromSeconds(0.5));

        StringAssert.StartsWith(outcome, "ended after");
        await Task.Delay(TimeSpan.FromSeconds(2.5));
        Assert.IsFalse(File.Exists(alive), "a child went on");
    }

    [TestMethod]
    public async Task Run_OfAProgramThatIsNotThere_SaysSo()
    {
        var outcome = await BoundedProcess.RunAsync(new ProcessStartInfo("no-such-program-here"), TimeSpan.FromSeconds(5));

        StringAssert.Contains(outcome, "cannot be started");
    }

    private static Task<string?> RunAsync(string script, TimeSpan? limit = null) => BoundedProcess.RunAsync(
        OperatingSystem.IsWindows() ? new("cmd", ["/c", script]) : new("/bin/sh", ["-c", script]), limit ?? TimeSpan.FromSeconds(30));
}
