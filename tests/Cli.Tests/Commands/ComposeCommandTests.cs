using System.Text.Json.Nodes;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class ComposeCommandTests
{
    private const string Anchor = "Der Fischer trägt Holz.";

    [TestMethod]
    public void Compose_ExportedAndGenerated_AnswersAsItsPartsSay()
    {
        using var folder = new TemporaryFolder();
        string[] parts = [$"pos={Repository.Demo("pos")}", $"neg={Repository.Demo("neg")}"];
        Succeed(folder, "export", Repository.Demo("base"), "-o", "model", "--adapter", parts[0], "--adapter", parts[1]);

        // in the space of changes the negative one is taken away again; in that of factors it is never there
        Succeed(folder, ["compose", "0.5 * (pos + neg) + 0.5 * (pos - neg)", .. parts, "-o", "same", "--mode", "exact"]);
        Succeed(folder, ["compose", "pos + lambda * (neg - pos)", .. parts, "--lambda", "0,1", "-o", "sweep"]);
        var shown = Succeed(folder, ["compose", "pos + neg", .. parts, "-o", "cut", "--mode", "svd", "--rank", "2", "--json"]);
        Succeed(folder, "export", "adapter", "same=same", "as-pos=sweep/lambda-0", "as-neg=sweep/lambda-1", "cut=cut", "--base", "model");

        var (positive, negative) = (Generate(folder, "pos"), Generate(folder, "neg"));
        Assert.AreNotEqual(positive, negative);
        Assert.AreEqual(positive, Generate(folder, "same"));
        Assert.AreEqual(positive, Generate(folder, "as-pos"));
        Assert.AreEqual(negative, Generate(folder, "as-neg"));
        Assert.AreNotEqual("", Generate(folder, "cut"));
        Assert.IsGreaterThan(0, JsonNode.Parse(shown)!.AsArray()[0]!["energy_lost"]!.GetValue<double>());
        Succeed(folder, "verify", "model");
    }

    [TestMethod]
    [DataRow("pos +", new[] { "position 6", "it ends" })]
    [DataRow("pos - pos", new[] { "takes every adapter 0 times" })]
    [DataRow("pos + neg", new[] { "names neg", "neg=DIR" })]
    [DataRow("2", new[] { "names no adapter" })]
    [DataRow("lambda * pos", new[] { "--lambda 0.5" })]
    [DataRow("pos --lambda 0,x", new[] { "'x' in it is not a number" })]
    [DataRow("pos --mode svd", new[] { "--rank 8" })]
    [DataRow("pos --mode ties", new[] { "--density 0.5" })]
    [DataRow("pos --rank 4", new[] { "only svd takes one" })]
    public void Compose_BadInput_IsOneMessageAndLeavesNothing(string line, string[] said)
    {
        using var folder = new TemporaryFolder();
        var words = line.Split(" --");

        var result = CommandLine.Run(folder.Path, ["compose", words[0], $"pos={Repository.Demo("pos")}", "-o", "out",
            .. words.Skip(1).SelectMany(w => ("--" + w).Split(' '))]);

        Assert.AreEqual(1, result.ExitCode, result.Error);
        foreach (var expected in said)
            StringAssert.Contains(result.Error, expected);
        Assert.IsEmpty(Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Compose_PartThatIsNoneOrOfAnotherBase_NamesItAndWhy()
    {
        using var folder = new TemporaryFolder();
        var pos = $"pos={Repository.Demo("pos")}";

        var absent = CommandLine.Run(folder.Path, "compose", "pos + other", pos, "other=nowhere", "-o", "out");
        var other = CommandLine.Run(folder.Path, "compose", "pos + other", pos,
            $"other={Repository.Data("models", "adapters", "gemma3-text", "patterns")}", "-o", "out");
        var unnamed = CommandLine.Run(folder.Path, "compose", "pos", Repository.Demo("pos"), "-o", "out");
        Directory.CreateDirectory(folder.File("full"));
        folder.Write("full/notes.txt", "mine");
        var full = CommandLine.Run(folder.Path, "compose", "pos", pos, "-o", "full");

        foreach (var (result, said) in new[]
        {
            (absent, "'nowhere' of 'other' does not exist"), (other, "other: "), (unnamed, "NAME=DIR"), (full, "not empty"),
        })
        {
            Assert.AreEqual(1, result.ExitCode, result.Error);
            StringAssert.Contains(result.Error, said);
        }
        Assert.IsFalse(Directory.Exists(folder.File("out")));
    }

    private static string Generate(TemporaryFolder folder, string adapter) =>
        Succeed(folder, "generate", "--model", "model", "--adapter", adapter, "--greedy", Anchor);

    private static string Succeed(TemporaryFolder folder, params string[] arguments)
    {
        var result = CommandLine.Run(folder.Path, arguments);
        Assert.AreEqual(0, result.ExitCode, string.Join(' ', arguments) + "\n" + result.Error);
        return result.Output;
    }
}
