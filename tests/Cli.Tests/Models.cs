using XlLoraOnnx.Synthesis.PostgreSQL.Tests;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>The demonstration model, exported once a run through the command line itself.</summary>
[TestClass]
public static class Models
{
    private static readonly TemporaryFolder Root = new();

    private static readonly Lazy<string> Exported = new(() =>
    {
        var folder = Root.File("demo");
        var result = CommandLine.Run(Root.Path, "export", Repository.Demo("base"), "--output", folder,
            "--adapter", $"pos={Repository.Demo("pos")}", "--adapter", $"neg={Repository.Demo("neg")}");
        Assert.AreEqual(0, result.ExitCode, result.Error);
        return folder;
    });

    private static readonly Lazy<string> ExportedEncoder = new(() =>
    {
        var folder = Root.File("encoder");
        var result = CommandLine.Run(
            Root.Path, "export", Repository.DemoEncoder(), "--output", folder, "--pooling", "avg_first_last");
        Assert.AreEqual(0, result.ExitCode, result.Error);
        return folder;
    });

    public static string Demo => Exported.Value;

    public static string DemoEncoder => ExportedEncoder.Value;

    public static string Cache => Root.File("cache");

    [AssemblyCleanup]
    public static async Task EndAsync()
    {
        Root.Dispose();
        await TestServer.StopAsync();
    }
}
