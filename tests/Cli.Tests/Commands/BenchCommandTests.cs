using System.Text.Json;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class BenchCommandTests
{
    private static readonly string[] Small =
    [
        "--engine", "genai", "--batch-sizes", "1,2", "--prompt-tokens", "10", "--shared-tokens", "4", "--new-tokens", "3", "--runs", "1",
    ];

    [TestMethod]
    public void Bench_DemoModel_PrintsATableAndWritesFiles()
    {
        using var folder = new TemporaryFolder();

        var result = Bench(folder, [.. Small, "--output", "out"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var said in new[] { "tokens/s", "with pos", "pos + neg", "peak memory", "engine genai", "bench.svg" })
            StringAssert.Contains(result.Output, said);
        StringAssert.Contains(result.Error, "measurements");
        using var json = JsonDocument.Parse(File.ReadAllText(folder.File("out/bench.json")));
        Assert.AreEqual(2, json.RootElement.GetProperty("rows").GetArrayLength());
        StringAssert.StartsWith(File.ReadAllText(folder.File("out/bench.svg")), "<svg");
    }

    [TestMethod]
    public void Bench_PromptLookup_SaysWhatShareWasChosen()
    {
        using var folder = new TemporaryFolder();

        var result = Bench(folder, "--batch-sizes", "1", "--prompt-tokens", "20", "--shared-tokens", "4", "--new-tokens", "60", "--runs", "1",
            "--prompt-lookup", "4");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "looked up");
    }

    [TestMethod]
    public void Bench_Roofline_StatesWhatIsPossibleAndTheShareOfIt()
    {
        using var folder = new TemporaryFolder();

        var result = Bench(folder, [.. Small, "--roofline", "--adapters", "none"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        foreach (var said in new[] { "this machine reads", "of weights", "at most", "bound by" })
            StringAssert.Contains(result.Output, said);
        Assert.MatchesRegex(@"(memory|arithmetic)", result.Output);
    }

    [TestMethod]
    public void Bench_Json_IsOneObjectOnStandardOutput()
    {
        using var folder = new TemporaryFolder();

        var result = Bench(folder, [.. Small, "--json", "--adapters", "none"]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        using var json = JsonDocument.Parse(result.Output);
        Assert.AreEqual("genai", json.RootElement.GetProperty("engine").GetProperty("engine").GetString());
        Assert.AreEqual(JsonValueKind.Null, json.RootElement.GetProperty("rows")[1].GetProperty("mixed_cost").ValueKind);
    }

    [TestMethod]
    [DataRow("'0'", "--batch-sizes", "0")]
    [DataRow("'x'", "--batch-sizes", "1,x")]
    [DataRow("''", "--batch-sizes", "")]
    [DataRow("1 to 32", "--engine", "genai", "--batch-sizes", "33")]
    [DataRow("pos, neg", "--adapters", "no-such")]
    [DataRow("Runs is 0", "--runs", "0")]
    [DataRow("2048", "--prompt-tokens", "2048")]
    public void Bench_BadOption_IsOneMessage(string said, params string[] arguments)
    {
        using var folder = new TemporaryFolder();

        var result = Bench(folder, arguments);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.HasCount(1, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static CommandResult Bench(TemporaryFolder folder, params string[] arguments) =>
        CommandLine.Run(folder.Path, ["bench", "--model", Models.Demo, .. arguments]);
}
