using System.Text.Json;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class EmbedCommandTests
{
    [TestMethod]
    public void Embed_StandardInputToStandardOutput_WritesAnObjectALineAndNothingElse()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.RunWithInput(folder.Path, "The farmer reads.\n\nघर\n", "embed", "--model", Models.DemoEncoder);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var rows = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        CollectionAssert.AreEqual(
            new[] { "The farmer reads.", "", "घर" }, rows.Select(r => r.GetProperty("text").GetString()).ToArray());
        Assert.IsTrue(rows.All(r => r.GetProperty("embedding").GetArrayLength() == 128));
        StringAssert.Contains(result.Error, "3 texts to vectors of 128");
        StringAssert.Contains(result.Error, "1 are empty");
    }

    [TestMethod]
    public void Embed_ColumnOfATable_WritesNpy()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t.csv", "id,sentence\n1,\"a, b\"\n2,c\n");

        var result = CommandLine.Run(
            folder.Path, "embed", "-m", Models.DemoEncoder, "-i", "t.csv", "--column", "sentence", "-o", "v.npy");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "2 texts to vectors of 128");
        Assert.AreEqual(128 + 2 * 128 * 4, new FileInfo(folder.File("v.npy")).Length);
        Assert.IsFalse(File.Exists(folder.File("v.npy.partial")));
    }

    [TestMethod]
    public void Embed_Prompts_AreThoseOfTextsWithThemBefore()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Path.Combine(Repository.Root, "onnx-models", "demo-encoder").CopyTo(folder, "checkpoint");
        folder.Write("checkpoint/config_sentence_transformers.json", """{"prompts":{"query":"query: ","document":""}}""");
        var export = CommandLine.Run(folder.Path, "export", checkpoint, "--output", "encoder");
        StringAssert.Contains(export.Output, "prompts document, query (none by default)");

        string Vector(string text, params string[] options)
        {
            var result = CommandLine.RunWithInput(folder.Path, text + "\n", ["embed", "--model", "encoder", .. options]);
            Assert.AreEqual(0, result.ExitCode, result.Error);
            return JsonDocument.Parse(result.Output).RootElement.GetProperty("embedding").GetRawText();
        }

        var expected = Vector("query: rice");
        Assert.AreEqual(expected, Vector("rice", "--prompt-name", "query"));
        Assert.AreEqual(expected, Vector("rice", "--prompt", "query: "));
        Assert.AreEqual(expected, Vector("query: rice", "--prompt", ""));
        Assert.AreNotEqual(expected, Vector("rice"));
        var unknown = CommandLine.RunWithInput(folder.Path, "rice\n", "embed", "--model", "encoder", "--prompt-name", "title");
        Assert.AreEqual(1, unknown.ExitCode);
        StringAssert.Contains(unknown.Error, "no prompt \"title\"; the model has \"document\", \"query\"");
    }

    [TestMethod]
    [DataRow("absent.txt", "v.npy", "no file or folder absent.txt")]
    [DataRow("empty.txt", "v.npy", "holds no texts")]
    [DataRow("latin1.txt", "v.npy", "is not UTF-8: line 2")]
    [DataRow("bad.jsonl", "v.npy", "line 2 has no field \"text\"")]
    [DataRow("bad.jsonl", "v.parquet", "no format of vectors")]
    public void Embed_BadInput_IsOneMessageAndLeavesNoOutput(string input, string output, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("empty.txt", "");
        File.WriteAllBytes(folder.File("latin1.txt"), [(byte)'a', (byte)'\n', 0xE9, (byte)'\n']);
        folder.Write("bad.jsonl", "{\"text\": \"a\"}\n{\"sentence\": \"b\"}\n");

        var result = CommandLine.Run(folder.Path, "embed", "-m", Models.DemoEncoder, "-i", input, "-o", output);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.StartsWith(result.Error, "error: ");
        StringAssert.Contains(result.Error, expected);
        Assert.IsFalse(File.Exists(folder.File(output)));
    }

    [TestMethod]
    public void Embed_CtrlC_KeepsWhatIsDoneAndTheSameCommandGoesOn()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t.txt", string.Join('\n', Enumerable.Range(0, 25_000).Select(i => $"The farmer reads {i} books in the garden.")));
        string[] command = ["embed", "-m", Models.DemoEncoder, "-i", "t.txt", "-o", "v.npy"];

        var interrupted = CommandLine.RunAndInterrupt(folder.Path, line => line.Contains("texts/s"), command);
        var continued = CommandLine.Run(folder.Path, command);

        Assert.AreEqual(130, interrupted.ExitCode, interrupted.Error);
        StringAssert.Contains(interrupted.Error, "the same command continues there");
        Assert.AreEqual(0, continued.ExitCode, continued.Error);
        StringAssert.Contains(continued.Output, "of them were there already");
        Assert.AreEqual(128 + 25_000L * 128 * 4, new FileInfo(folder.File("v.npy")).Length);
    }

    [TestMethod]
    public void Embed_ModelThatGenerates_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        folder.Write("t.txt", "a");

        var result = CommandLine.Run(folder.Path, "embed", "-m", Models.Demo, "-i", "t.txt", "-o", "v.npy");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "--pooling");
    }
}
