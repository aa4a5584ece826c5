using System.Text;
using System.Text.Json;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class TokenizeCommandTests
{
    [TestMethod]
    public void Tokenize_Json_IsOneObjectForEachLineInOrder()
    {
        using var folder = new TemporaryFolder();
        var cases = Repository.Data("tokenizers", "gemma", "cases.jsonl");

        var result = CommandLine.Run(folder.Path, "tokenize", "--model", Repository.Demo("base"), "--input", cases, "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var expected = File.ReadLines(cases).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.HasCount(expected.Length, lines);
        foreach (var (line, c) in lines.Zip(expected))
        {
            var row = JsonDocument.Parse(line).RootElement;
            CollectionAssert.AreEqual(new[] { "ids", "tokens", "decoded" }, row.EnumerateObject().Select(p => p.Name).ToArray());
            Assert.AreEqual(
                c.GetProperty("ids").GetRawText().Replace(" ", "", StringComparison.Ordinal), row.GetProperty("ids").GetRawText());
            Assert.AreEqual(c.GetProperty("decoded").GetString(), row.GetProperty("decoded").GetString());
            Assert.AreEqual(row.GetProperty("ids").GetArrayLength(), row.GetProperty("tokens").GetArrayLength());
        }
    }

    [TestMethod]
    public void Tokenize_Text_PrintsIdsAndPieces()
    {
        var result = Tokenize("""{"text": "  two\n"}""", "--no-special");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        var (ids, pieces) = (result.Output.Split('\n')[0].Split(' '), result.Output.Split('\n')[1].Split(' '));
        Assert.HasCount(ids.Length, pieces);
        Assert.AreEqual("▁▁two\\u000a", string.Concat(pieces));
    }

    [TestMethod]
    [DataRow("a.jsonl", "{\"text\": \"one\"}\n{\"text\": \"two\"}\n")]
    [DataRow("a.json", "[\"one\", \"two\"]")]
    [DataRow("a.csv", "id,text\n1,one\n2,two\n")]
    [DataRow("a.tsv", "id\tsent0\n1\tone\n2\ttwo\n", "--column", "sent0")]
    [DataRow("a.txt", "one\ntwo\n")]
    public void Tokenize_TextsOfAnyKind_AreTheSameTexts(string name, string content, params string[] options)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name, content);

        var result = CommandLine.Run(
            folder.Path, ["tokenize", "--model", Repository.Demo("base"), "--input", name, "--json", .. options]);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        CollectionAssert.AreEqual(
            new[] { "one", "two" },
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => JsonDocument.Parse(l).RootElement.GetProperty("decoded").GetString()).ToArray());
    }

    [TestMethod]
    public void Tokenize_Folder_SaysWhichFilesItReads()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts/a.csv", "text\none\n");
        folder.Write("texts/b.csv", "text\ntwo\n");

        var result = CommandLine.Run(folder.Path, "tokenize", "--model", Repository.Demo("base"), "--input", "texts", "--json");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "notice: texts: 2 files are read as one, in this order: a.csv, b.csv");
        Assert.HasCount(2, result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [TestMethod]
    public void Tokenize_EscapedHalfOfAPair_IsAnErrorAsElsewhere()
    {
        var half = Tokenize("""{"text": "a\ud800b"}""", "--json");

        Assert.AreEqual(1, half.ExitCode);
        StringAssert.Contains(half.Error, "line 1: \"text\" is not valid Unicode");
    }

    [TestMethod]
    [DataRow("""{"text": 1}""", "Number")]
    [DataRow("""{"sent0": "a"}""", "\"text\"")]
    [DataRow("""["a"]""", "Array")]
    [DataRow("""{"text": "a" """, "JSON")]
    [DataRow("\u0001", "JSON")]
    public void Tokenize_MalformedLine_IsOneErrorWithItsNumber(string line, string reason)
    {
        var result = Tokenize($$"""{"text": "fine"}{{"\n\n"}}{{line}}""", "--json");

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "line 3");
        StringAssert.Contains(result.Error, reason);
        Assert.HasCount(1, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        StringAssert.Contains(result.Output, "\"decoded\":\"fine\"");
    }

    [TestMethod]
    public void Tokenize_InvalidUtf8_IsAnErrorWithItsLine()
    {
        using var folder = new TemporaryFolder();
        var input = Path.Combine(folder.Path, "texts.jsonl");
        File.WriteAllBytes(input, [.. "{\"text\": \"a\"}\n{\"text\": \""u8, 0xFF, .. "\"}\n"u8]);

        var result = CommandLine.Run(folder.Path, "tokenize", "--model", Repository.Demo("base"), "--input", input);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "is not UTF-8: line 2 has an invalid byte");
    }

    [TestMethod]
    public void Tokenize_NoTokenizer_IsAnError()
    {
        using var folder = new TemporaryFolder();

        var result = CommandLine.Run(
            folder.Path, "tokenize", "--model", folder.Path, "--input", Repository.Data("tokenizers", "gemma", "cases.jsonl"));

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, "tokenizer.json");
    }

    private static CommandResult Tokenize(string input, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "texts.jsonl");
        File.WriteAllText(path, input, new UTF8Encoding(false));
        return CommandLine.Run(folder.Path, ["tokenize", "--model", Repository.Demo("base"), "--input", path, .. options]);
    }
}
