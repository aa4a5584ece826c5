using System.IO.Compression;
using System.Text;

namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class TextColumnTests
{
    [TestMethod]
    // Dataset.to_json writes lines under .json
    [DataRow("a.json", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n")]
    [DataRow("a.json", "{\"text\":\"one\"}\r\n\r\n{\"text\":\"two\"}")]
    [DataRow("a.json", "[\n  {\"id\": 1, \"text\": \"one\"},\n  {\"id\": 2, \"text\": \"two\"}\n]\n")]
    [DataRow("a.json", "\uFEFF[{\"text\":\"one\"},{\"text\":\"two\"}]")]
    [DataRow("a.json", "[\"one\", \"two\"]")]
    [DataRow("a.JSON", "\"one\"\n\"two\"\n")]
    [DataRow("a.jsonlines", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n")]
    [DataRow("a.ndjson", "[{\"text\":\"one\"},{\"text\":\"two\"}]")]
    [DataRow("a.jsonl", "\"one\"\n\"two\"\n")]
    [DataRow("a.tab", "id\ttext\n1\tone\n2\ttwo\n")]
    [DataRow("a.csv", "id\ttext\n1\tone\n2\ttwo\n")]
    [DataRow("a.tsv", "id,text\n1,one\n2,two\n")]
    [DataRow("a.csv", "id;text\n1;one\n2;\"two\"\n")]
    [DataRow("a.csv", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n")]
    [DataRow("noending", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n")]
    [DataRow("noending", "one\ntwo\n")]
    [DataRow("a.txt", "one\ntwo\n")]
    public async Task ReadAsync_NobodyNamesAColumn_ReadsByContent(string name, string content)
    {
        using var folder = new TemporaryFolder();
        CollectionAssert.AreEqual((string[])["one", "two"], await ReadAsync(folder.Write(name, content)));
    }

    [TestMethod]
    [DataRow("a.json", "{\"x\":\"no\",\"s\":\"yes\"}\n")]
    [DataRow("a.json", "[{\"x\":\"no\",\"s\":\"yes\"}]")]
    [DataRow("a.csv", "x\ts\nno\tyes\n")]
    [DataRow("a.tab", "x\ts\nno\tyes\n")]
    public async Task ReadAsync_NamedColumn_IsRead(string name, string content)
    {
        using var folder = new TemporaryFolder();
        CollectionAssert.AreEqual((string[])["yes"], await ReadAsync(folder.Write(name, content), "s"));
    }

    [TestMethod]
    [DataRow("a.txt", "one\n", "plain text", "no column \"text\"")]
    [DataRow("noending", "one\n", "plain text", "no column \"text\"")]
    [DataRow("a.md", "# one\n", "plain text", "no column \"text\"")]
    [DataRow("a.json", "[\"one\"]", "record 1 of its list is a JSON String", "an object with a string \"text\"")]
    [DataRow("a.jsonl", "\"one\"\n", "line 1 is a JSON String", "an object with a string \"text\"")]
    public async Task ReadAsync_ColumnOfWhatHasNone_IsRefused(string name, string content, string found, string asked)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(path, "text"));
        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, found);
        StringAssert.Contains(e.Message, asked);
    }

    [TestMethod]
    [DataRow("a.json", "{\n  \"text\": \"one\"\n}\n{\n  \"text\": \"two\"\n}\n", "one JSON object over several lines")]
    [DataRow("a.jsonl", "{\"text\":\n\"one\"}\n", "one JSON object over several lines")]
    [DataRow("a.jsonl", "{\"text\":\"one\"}\n{\n \"text\": \"two\"\n}\n", "line 2 is not valid JSON: the value that begins there does not end")]
    [DataRow("a.json", "[{\"text\":\"one\"}]\n[{\"text\":\"two\"}]\n", "is not valid JSON at or after record")]
    [DataRow("a.json", "[{\"text\":\"one\"},\n", "at or after record 2 of its list")]
    [DataRow("a.json", "[1, 2]", "record 1 of its list is a JSON Number")]
    [DataRow("a.json", "[{\"text\":\"one\"}, null]", "record 2 of its list is a JSON Null")]
    [DataRow("a.json", "[{\"text\":1}]", "\"text\" is a JSON Number")]
    [DataRow("a.json", "[{\"other\":\"x\"}]", "has no field \"text\"; it has \"other\"")]
    [DataRow("a.json", "[{\"text\":\"\\udc00\"}]", "\"text\" is not valid Unicode")]
    [DataRow("a.json", "hello\n", "line 1 is not valid JSON")]
    [DataRow("a.txt", "{\"text\":\"one\"}\n", "holds JSON (an object a line), but its ending .txt says plain text")]
    [DataRow("a.text", "[{\"text\":\"one\"}]\n", "holds JSON (a list), but its ending .text says plain text")]
    [DataRow("a.txt", "{\n\"text\":\"one\"}\n", "holds JSON (an object over several lines)")]
    [DataRow("a.parquet", "version https://git-lfs.github.com/spec/v1\n", "no Parquet file")]
    public async Task ReadAsync_NotWhatItMayBe_SaysWhatItIs(string name, string content, string found)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(path));
        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, found);
    }

    [TestMethod]
    [DataRow("[Music] we go\n[\"so it\" was]\n{laughs} yes\n{\"a\"} is a set\n")]
    [DataRow("{laughs} yes\n")]
    [DataRow("\"quoted\" at first\n")]
    public async Task ReadAsync_TextThatBeginsLikeJson_IsText(string content)
    {
        using var folder = new TemporaryFolder();
        CollectionAssert.AreEqual(content.TrimEnd('\n').Split('\n'), await ReadAsync(folder.Write("a.txt", content)));
    }

    [TestMethod]
    [DataRow("a.jsonl.gz", "{\"text\":\"one\"}\n{\"text\":\"two\"}\n")]
    [DataRow("a.json.GZ", "[{\"text\":\"one\"},{\"text\":\"two\"}]")]
    [DataRow("a.csv.gz", "text,x\none,1\ntwo,2\n")]
    [DataRow("a.tsv.gz", "text\none\ntwo\n")]
    [DataRow("a.txt.gz", "one\ntwo\n")]
    public async Task ReadAsync_Gzip_IsReadThrough(string name, string content)
    {
        using var folder = new TemporaryFolder();
        CollectionAssert.AreEqual((string[])["one", "two"], await ReadAsync(Packed(folder, name, Encoding.UTF8.GetBytes(content))));
    }

    [TestMethod]
    public async Task ReadAsync_GzipWithAnInvalidByte_TellsItsPlaceInTheText()
    {
        using var folder = new TemporaryFolder();
        var path = Packed(folder, "a.csv.gz", [.. "text\none\nt"u8, 0xFC, (byte)'\n']);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(path));
        StringAssert.Contains(e.Message, "line 3 has an invalid byte (0xFC at byte 10)");
    }

    [TestMethod]
    [DataRow(new byte[] { 0x50, 0x4B, 3, 4 }, "a ZIP archive", "Unpack it")]
    [DataRow(new byte[] { 0x28, 0xB5, 0x2F, 0xFD }, "compressed with Zstandard", "unzstd")]
    [DataRow(new byte[] { 0x41, 0x52, 0x52, 0x4F, 0x57, 0x31 }, "an Arrow file", "to_parquet")]
    public async Task ReadAsync_ForeignFile_IsNamed(byte[] signature, string what, string advice)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.csv"), [.. signature, .. new byte[20]]);
        var e = await Assert.ThrowsExactlyAsync<NotSupportedException>(() => ReadAsync(folder.File("a.csv")));
        StringAssert.Contains(e.Message, what);
        StringAssert.Contains(e.Message, advice);
    }

    [TestMethod]
    public async Task ReadAsync_FirstLineLongerThanABuffer_IsKnownStill()
    {
        using var folder = new TemporaryFolder();
        var text = new string('x', 300_000);
        var line = $"{{\"text\":\"{text}\"}}\n";
        CollectionAssert.AreEqual((string[])[text, text], await ReadAsync(folder.Write("a.json", line + line)));
        CollectionAssert.AreEqual((string[])[text], await ReadAsync(folder.Write("b.json", $"[\"{text}\"]")));
    }

    [TestMethod]
    public async Task ReadAsync_LongList_IsStreamed()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.json");
        await using (var writer = new StreamWriter(path))
        {
            writer.Write('[');
            for (var i = 0; i < 400_000; i++)
                writer.Write($"{(i == 0 ? "" : ",\n")}{{\"text\":\"a sentence of a few words, number {i}\",\"score\":0.5}}");
            writer.Write(']');
        }
        long before = GC.GetTotalMemory(forceFullCollection: true), most = 0, count = 0;
        await foreach (var _ in TextColumn.ReadAsync(path, null, "text", default))
        {
            if (++count % 100_000 == 0)
                most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }
        Assert.AreEqual(400_000, count);
        Assert.IsLessThan(new FileInfo(path).Length / 8, most);
    }

    private static string Packed(TemporaryFolder folder, string name, byte[] content)
    {
        using (var packed = new GZipStream(File.Create(folder.File(name)), CompressionLevel.Fastest))
            packed.Write(content);
        return folder.File(name);
    }

    private static async Task<List<string>> ReadAsync(string path, string? column = null)
    {
        List<string> texts = [];
        await foreach (var text in TextColumn.ReadAsync(path, column, "text", default))
            texts.Add(text);
        return texts;
    }
}
