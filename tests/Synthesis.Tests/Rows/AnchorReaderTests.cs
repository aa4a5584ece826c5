using System.Text;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class AnchorReaderTests
{
    [TestMethod]
    public async Task ReadAsync_Csv_KeepsQuotesLineBreaksAndWordsForMissing() =>
        await AssertReadsAsync("a.csv",
            "id,sent0,note\n1,\"a, \"\"b\"\"\r\nc\",x\n2,NA,x\n3,null,x\n4,nan,x\n5,,x\n6,  spaced  ,x\n7,Premise: {premise},x\n",
            "a, \"b\"\r\nc", "NA", "null", "nan", "", "  spaced  ", "Premise: {premise}");

    [TestMethod]
    public async Task ReadAsync_CsvWithOneColumn_EmptyTextIsARowAndABlankLineIsNot() =>
        await AssertReadsAsync("a.csv", "sent0\r\na\r\n\r\n\"\"\r\nb", "a", "", "b");

    [TestMethod]
    public async Task ReadAsync_Tsv_SeparatesByTabs() =>
        await AssertReadsAsync("a.tsv", "sent0\tx\na, b\t1\n\"c\td\"\t2\n", "a, b", "c\td");

    [TestMethod]
    [DataRow("a.jsonl")]
    [DataRow("a.NDJSON")]
    public async Task ReadAsync_JsonLines_TakesSent0(string name) =>
        await AssertReadsAsync(name, "{\"sent0\": \"a\\nb\", \"x\": 1}\r\n\n{\"sent0\": \"\"}\n{\"sent0\": \"مرحبا 👩‍🌾\"}",
            "a\nb", "", "مرحبا 👩‍🌾");

    [TestMethod]
    public async Task ReadAsync_PlainText_IsOneAnchorALine() =>
        await AssertReadsAsync("a.txt", "one\r\n\n\"two\", x\n a\rb \u2028c\nlast", "one", "", "\"two\", x", " a\rb \u2028c", "last");

    [TestMethod]
    public async Task ReadAsync_LinesAcrossBuffers_StayWhole()
    {
        string[] lines = [.. Enumerable.Range(0, 300).Select(i => new string((char)('a' + i % 26), 97 + i % 7) + "ж")];
        await AssertReadsAsync("a.txt", string.Join("\r\n", lines) + "\r\n", lines);
    }

    [TestMethod]
    [DataRow("a.csv", "sent0\nü\n")]
    [DataRow("a.jsonl", "{\"sent0\":\"ü\"}\n")]
    [DataRow("a.txt", "ü\n")]
    public async Task ReadAsync_ByteOrderMark_IsNoText(string name, string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File(name), [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text)]);
        Assert.AreEqual("ü", (await ReadAsync(folder.File(name))).Single().Sent0);
    }

    [TestMethod]
    [DataRow("a.csv", "sent0\nok\nb")]
    [DataRow("a.jsonl", "{\"sent0\":\"\"}\n\n{\"sent0\":\"")]
    [DataRow("a.txt", "ok\nok\nb")]
    public async Task ReadAsync_InvalidByte_TellsLineAndAdvice(string name, string before)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File(name), [.. Encoding.UTF8.GetBytes(before), 0xFC, .. "\"}\n"u8]);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(folder.File(name)));
        StringAssert.Contains(e.Message, $"line 3 has an invalid byte (0xFC at byte {before.Length})");
        StringAssert.Contains(e.Message, "Convert the file to UTF-8");
    }

    [TestMethod]
    public async Task ReadAsync_CharacterCutAtEnd_IsInvalid()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.txt"), [.. "a\nb"u8, 0xE2, 0x82]);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(folder.File("a.txt")));
        StringAssert.Contains(e.Message, "line 2 has an invalid byte (0xE2 at byte 3)");
    }

    [TestMethod]
    public async Task ReadAsync_InvalidByteBehindLargeText_TellsLine()
    {
        using var folder = new TemporaryFolder();
        var text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("ж€👩 line\n", 20_000)));
        File.WriteAllBytes(folder.File("a.txt"), [.. text, 0x80, (byte)'\n']);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(folder.File("a.txt")));
        StringAssert.Contains(e.Message, $"line 20001 has an invalid byte (0x80 at byte {text.Length})");
    }

    [TestMethod]
    public async Task ReadAsync_Utf16_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.csv"), "sent0\na\n", Encoding.Unicode);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(folder.File("a.csv")));
        StringAssert.Contains(e.Message, "line 1 has an invalid byte (0xFF at byte 0)");
    }

    [TestMethod]
    [DataRow("a.csv", "text,Sent0\na,b\n", "0 columns named sent0", "\"text\", \"Sent0\"")]
    [DataRow("a.csv", "sent0,sent0\na,b\n", "2 columns named sent0", "\"sent0\", \"sent0\"")]
    [DataRow("a.tsv", "Sent0,x\na,b\n", "0 columns named sent0", "\"Sent0\", \"x\"")]
    [DataRow("a.csv", "sent0,x\na,b\nc\n", "row 1 ", "1 fields but 2 were expected")]
    [DataRow("a.csv", "sent0,x\na,b,c\n", "row 0 ", "3 fields but 2 were expected")]
    [DataRow("a.csv", "sent0\na\n\"b\nc\n", "row 1 ", "never closed")]
    [DataRow("a.csv", "sent0,x\na,\"b\nc,d\n", "row 0 ", "never closed")]
    [DataRow("a.csv", "sent0\n\"a\"b\n", "row 0 ", "after the closing quote")]
    [DataRow("a.csv", "\"sent0\n", "header row", "never closed")]
    [DataRow("a.jsonl", "{\"sent0\":\"a\"}\n{\"text\":\"b\"}\n", "line 2 has no field \"sent0\"", "\"text\"")]
    [DataRow("a.jsonl", "\n{\"sent0\":null}\n", "line 2", "JSON Null; it must be a string")]
    [DataRow("a.jsonl", "{\"sent0\":\"a\"\n", "line 1", "not valid JSON")]
    [DataRow("a.jsonl", "{\"sent0\":\"a\"}\n[\"a\"]\n", "line 2 is a JSON Array", "must be an object")]
    [DataRow("a.jsonl", "{\"sent0\":\"\\ud800\"}\n", "line 1", "not valid Unicode")]
    [DataRow("a.csv", "", "a.csv", "holds no anchors")]
    [DataRow("a.csv", "sent0\n", "a.csv", "holds no anchors")]
    [DataRow("a.jsonl", "\n", "a.jsonl", "holds no anchors")]
    [DataRow("a.txt", "", "a.txt", "holds no anchors")]
    public async Task ReadAsync_Malformed_TellsPlaceAndReason(string name, string text, string place, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, text);
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(path));
        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, place);
        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    public void ReadAsync_NoSuchFile_ThrowsAtOnce()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsExactly<FileNotFoundException>(() => AnchorReader.ReadAsync(folder.File("none.csv")));
        Assert.ThrowsExactly<FileNotFoundException>(() => AnchorReader.ReadAsync(folder.Path));
    }

    [TestMethod]
    [DataRow("a.csv")]
    [DataRow("a.txt")]
    public async Task ReadAsync_Cancelled_Stops(string name)
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        var path = folder.Write(name, "sent0\n" + string.Concat(Enumerable.Repeat("some text\n", 50_000)));
        long seen = 0;
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            await foreach (var anchor in AnchorReader.ReadAsync(path, cancellationToken: source.Token))
                if (++seen == 3)
                    await source.CancelAsync();
        });
        Assert.IsLessThan(50_000, seen);
    }

    private static async Task AssertReadsAsync(string name, string text, params string[] expected)
    {
        using var folder = new TemporaryFolder();
        var anchors = await ReadAsync(folder.Write(name, text));
        CollectionAssert.AreEqual(expected, anchors.Select(a => a.Sent0).ToArray());
        CollectionAssert.AreEqual(Enumerable.Range(0, expected.Length).ToArray(), anchors.Select(a => (int)a.RowId).ToArray());
    }

    private static async Task<List<Anchor>> ReadAsync(string path)
    {
        List<Anchor> anchors = [];
        await foreach (var anchor in AnchorReader.ReadAsync(path))
            anchors.Add(anchor);
        return anchors;
    }
}
