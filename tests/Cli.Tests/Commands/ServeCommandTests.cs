namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class ServeCommandTests
{
    [TestMethod]
    public void Serve_UntilItIsStopped_SaysWhereItListensAndEndsWell()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.RunAndInterruptOutput(
            folder.Path, "serve", "--model", Models.Demo, "--model", Models.DemoEncoder, "--port", "0");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Output, "listening on http://127.0.0.1:");
        StringAssert.Contains(result.Error, "stopping");
    }

    [TestMethod]
    [DataRow("open", "no API key", "--host", "0.0.0.0")]
    [DataRow("no address", "IP address", "--host", "example.org")]
    [DataRow("no admin", "no admin key", "--adapter-root", ".")]
    [DataRow("short", "16", "--api-keys", "short.keys")]
    [DataRow("no keys", "no key", "--api-keys", "empty.keys")]
    [DataRow("drain", "--drain-timeout is 1000", "--drain-timeout", "1000")]
    public void Serve_ThatWouldBeUnsafeOrCannotBe_IsOneMessage(string _, string said, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        folder.Write("short.keys", "secret\n");
        folder.Write("empty.keys", "\n");

        var result = CommandLine.Run(folder.Path, ["serve", "--model", Models.Demo, "--port", "0", .. arguments]);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.DoesNotContain("secret", result.Error);
    }
}
