namespace XlLoraOnnx.Docs.Tests;

[TestClass]
public sealed class ShellCommandTests
{
    [TestMethod]
    public void Parse_QuotesCommentsAndContinuedLines_AreAsTheShellReadsThem()
    {
        var commands = Parse("# first\nxllora-onnx export DIR/ --keep 'a=b c' \\\n  --output out\n\nxllora-onnx generate \"a > b\"\n");

        Assert.HasCount(2, commands);
        CollectionAssert.AreEqual(new[] { "xllora-onnx", "export", "DIR/", "--keep", "a=b c", "--output", "out" },
            commands[0].Words.ToArray());
        Assert.AreEqual("page.md, line 3", commands[0].Where);
        CollectionAssert.AreEqual(new[] { "xllora-onnx", "generate", "a > b" }, commands[1].Words.ToArray());
        Assert.IsNull(commands[1].OutputFile);
    }

    [TestMethod]
    public void Parse_PipeAndRedirection_AreWhatGoesInAndOut()
    {
        var command = Parse("cat texts.txt | xllora-onnx embed > vectors.jsonl")[0];

        CollectionAssert.AreEqual(new[] { "cat", "texts.txt" }, command.Input!.ToArray());
        CollectionAssert.AreEqual(new[] { "xllora-onnx", "embed" }, command.Words.ToArray());
        Assert.AreEqual("vectors.jsonl", command.OutputFile);
    }

    [TestMethod]
    [DataRow("a && b")]
    [DataRow("a | b | c")]
    [DataRow("a 'b")]
    public void Parse_MoreShell_IsRefused(string text) => Assert.ThrowsExactly<InvalidDataException>(() => Parse(text));

    [TestMethod]
    [DataRow("xllora-onnx embed --model m --colunm text", "--colunm")]
    [DataRow("xllora-onnx generate text", "--model")]
    [DataRow("npm install", "listed")]
    public void Problem_CommandThatCannotWork_IsNamed(string text, string part)
    {
        var problem = new DocumentedCommand(Parse(text)[0]).Problem();

        Assert.IsNotNull(problem);
        StringAssert.Contains(problem, part);
    }

    private static ShellCommand[] Parse(string text) => [.. ShellCommand.Parse(new MarkdownBlock("page.md", 1, "bash", text))];
}
