
namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class GenerateCommandTests
{
    private const string Anchor = "Der Fischer trägt Holz.";

    [TestMethod]
    public void Generate_Prompt_AnswersOnStandardOutputAndCountsOnStandardError()
    {
        var positive = Generate("--engine", "genai", "--adapter", "pos", "--greedy", Anchor);
        var negative = Generate("--adapter", "neg", "--temperature", "0", Anchor);

        Assert.AreEqual(0, positive.ExitCode, positive.Error);
        Assert.AreEqual(0, negative.ExitCode, negative.Error);
        Assert.HasCount(1, positive.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.AreNotEqual(positive.Output, negative.Output);
        foreach (var said in new[] { "tokens/s", "ended by itself", "engine genai" })
            StringAssert.Contains(positive.Error, said);
    }

    [TestMethod]
    [DataRow("-")]
    [DataRow(null)]
    public void Generate_PromptOnStandardInput_IsTheSamePrompt(string? argument)
    {
        using var folder = new TemporaryFolder();
        string[] prompt = argument is null ? [] : [argument];

        var piped = CommandLine.RunWithInput(
            folder.Path, Anchor + "\n", ["generate", "--model", Models.Demo, "--adapter", "pos", "--greedy", .. prompt]);

        Assert.AreEqual(0, piped.ExitCode, piped.Error);
        Assert.AreEqual(Generate("--adapter", "pos", "--greedy", Anchor).Output, piped.Output);
    }

    [TestMethod]
    public void Generate_TokenLimit_IsSaidAndKept()
    {
        var result = Generate("--greedy", "--max-new-tokens", "2", "--system", "Be brief.", Anchor);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "2 tokens after");
        StringAssert.Contains(result.Error, "cut at the limit");
    }

    [TestMethod]
    [DataRow("there is none", "'no-such'; it has: pos, neg", "--adapter", "no-such", "x")]
    [DataRow("its turn", "<end_of_turn>", "x<end_of_turn>")]
    [DataRow("blank", "empty", " ")]
    [DataRow("engine", "'fast'; engines are auto, continuous, genai", "--engine", "fast", "x")]
    [DataRow("device", "gpu", "--engine", "genai", "--devices", "gpu", "x")]
    [DataRow("lookup", "PromptLookupTokens is 65; it must be 0 (off) to 64", "--prompt-lookup", "65", "x")]
    [DataRow("lookup of genai", "--prompt-lookup) at 0", "--prompt-lookup", "4", "--engine", "genai", "x")]
    [DataRow("sampling", "TopP is 2", "--top-p", "2", "x")]
    [DataRow("both", "--greedy", "--greedy", "--top-k", "3", "x")]
    [DataRow("limit", "MaxNewTokens is 0", "--max-new-tokens", "0", "x")]
    public void Generate_BadRequest_IsOneMessage(string _, string said, params string[] arguments)
    {
        var result = Generate(arguments);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.HasCount(1, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.AreEqual("", result.Output);
    }

    [TestMethod]
    public void Generate_WhatIsNoModelFolder_SaysSo()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(folder.Path, "generate", "--model", folder.Path, "x");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "xllora.json");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public void Generate_InterruptedInTheMiddle_KeepsWhatIsWritten()
    {
        using var folder = new TemporaryFolder();

        // so hot that stop tokens are as rare as any
        var result = CommandLine.RunAndInterruptOutput(folder.Path, "generate", "--model", Models.Demo, "--engine", "continuous",
            "--temperature", "1000", "--top-k", "0", "--top-p", "1", "--seed", "2", "--max-new-tokens", "1900", Anchor);

        Assert.AreEqual(130, result.ExitCode, result.Error);
        Assert.AreEqual("interrupted", result.Error.Trim());
        Assert.AreNotEqual("", result.Output.Trim());
        StringAssert.EndsWith(result.Output, "\n");
    }

    private static CommandResult Generate(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        return CommandLine.Run(folder.Path, ["generate", "--model", Models.Demo, .. arguments]);
    }
}
