using System.CommandLine;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class HelpTests
{
    [TestMethod]
    [DataRow("root")]
    [DataRow("answer")]
    [DataRow("bench")]
    [DataRow("classify")]
    [DataRow("compose")]
    [DataRow("demo")]
    [DataRow("embed")]
    [DataRow("evaluate")]
    [DataRow("export")]
    [DataRow("generate")]
    [DataRow("inspect")]
    [DataRow("join")]
    [DataRow("retry")]
    [DataRow("serve")]
    [DataRow("status")]
    [DataRow("synthesize")]
    [DataRow("tokenize")]
    [DataRow("train")]
    [DataRow("train adapter")]
    [DataRow("train encoder")]
    [DataRow("train fusion")]
    [DataRow("translate")]
    [DataRow("verify")]
    public void Help_OfEachVerb_IsApproved(string verb)
    {
        using var output = new StringWriter();
        string[] arguments = verb == "root" ? ["--help"] : [.. verb.Split(' '), "--help"];

        var exitCode = XlLoraCommand.Create().Parse(arguments).Invoke(new InvocationConfiguration { Output = output });

        Assert.AreEqual(0, exitCode);
        // The program's name is the test host's here.
        Approval.Verify($"help-{verb.Replace(' ', '-')}",
            output.ToString().Replace(RootCommand.ExecutableName, "xllora-onnx", StringComparison.Ordinal));
    }

    [TestMethod]
    public void Help_EveryVerb_HasAnApprovedText()
    {
        var verbs = XlLoraCommand.Create().Subcommands.Select(c => c.Name).Order().ToArray();

        CollectionAssert.AreEqual(
            new[]
            {
                "answer", "bench", "classify", "compose", "demo", "embed", "evaluate", "export", "generate", "inspect", "join", "retry",
                "serve", "status", "synthesize", "tokenize", "train", "translate", "verify",
            },
            verbs);
    }

    [TestMethod]
    public void Parse_UnknownOption_IsAnErrorAndNotIgnored()
    {
        var parsed = XlLoraCommand.Create().Parse(["synthesize", "--demo", "--dataset_lan_other", "x"]);

        Assert.IsNotEmpty(parsed.Errors);
    }
}
