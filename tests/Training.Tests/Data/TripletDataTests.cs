using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TripletDataTests
{
    private static readonly string[][] Rows = [["a cat", "an animal, small", "no \"cat\""], ["ein Hund", "ein Tier", "kein Hund"]];

    [TestMethod]
    [DataRow("t.csv", "sent0,sent1,hard_neg\na cat,\"an animal, small\",\"no \"\"cat\"\"\"\nein Hund,ein Tier,kein Hund\n")]
    [DataRow("t.csv", "id,hard_neg,sent1,sent0\n1,\"no \"\"cat\"\"\",\"an animal, small\",a cat\n2,kein Hund,ein Tier,ein Hund\n")]
    [DataRow("t.tsv", "anchor\tpositive\tnegative\na cat\tan animal, small\tno \"cat\"\nein Hund\tein Tier\tkein Hund\n")]
    [DataRow("t.csv", "premise,then,not\na cat,\"an animal, small\",\"no \"\"cat\"\"\"\nein Hund,ein Tier,kein Hund\n")]
    [DataRow("t.jsonl", "{\"sent0\":\"a cat\",\"sent1\":\"an animal, small\",\"hard_neg\":\"no \\\"cat\\\"\",\"row\":0}\n\n"
        + "{\"row\":1,\"sent1\":\"ein Tier\",\"hard_neg\":\"kein Hund\",\"sent0\":\"ein Hund\"}\n")]
    [DataRow("t.json", "[{\"anchor\":\"a cat\",\"positive\":\"an animal, small\",\"negative\":\"no \\\"cat\\\"\"},\n"
        + "{\"anchor\":\"ein Hund\",\"positive\":\"ein Tier\",\"negative\":\"kein Hund\"}]")]
    public async Task ReadAsync_EveryKindOfFile_GivesTheSameRows(string name, string content)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);
        using (var gzip = new GZipStream(File.Create(path + ".gz"), CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(content));

        foreach (var data in new[] { await TripletData.ReadAsync(path), await TripletData.ReadAsync(path + ".gz") })
        {
            AssertRows(Rows, data);
            Assert.AreEqual((TripletKind.Triplets, 3), (data.Kind, data.Columns));
        }
    }

    [TestMethod]
    public async Task ReadAsync_Parquet_GivesTheSameRows()
    {
        using var folder = new TemporaryFolder();
        using (var file = File.Create(folder.File("t.parquet")))
        using (var writer = new ParquetTextWriter(file, ["sent0", "sent1", "hard_neg"]))
        {
            foreach (var row in Rows)
                writer.Write(row);
            writer.Close();
        }

        var data = await TripletData.ReadAsync(folder.File("t.parquet"));

        AssertRows(Rows, data);
        StringAssert.EndsWith(data.Where(1), "t.parquet, row 1 (from 0)");
    }

    [TestMethod]
    [DataRow("sent0,sent1\na,b\n", 2, "a|b")]
    [DataRow("sent0,note,sent1\na,x,b\n", 2, "a|b")]
    [DataRow("text\na\n", 1, "a")]
    [DataRow("sent0\na\n", 1, "a")]
    [DataRow("one,two\na,b\n", 2, "a|b")]
    public async Task ReadAsync_FewerColumns_ArePairsOrTexts(string content, int columns, string row)
    {
        using var folder = new TemporaryFolder();

        var data = await TripletData.ReadAsync(folder.Write("t.csv", content));

        Assert.AreEqual((columns, (TripletKind)(columns - 1), row), (data.Columns, data.Kind, string.Join('|', data[0])));
    }

    [TestMethod]
    public async Task ReadAsync_PlainText_IsATextALine()
    {
        using var folder = new TemporaryFolder();

        var data = await TripletData.ReadAsync(folder.Write("t.txt", "a, b\n\nc\n"));

        AssertRows([["a, b"], ["c"]], data);
        StringAssert.EndsWith(data.Where(1), "t.txt, line 3");
    }

    [TestMethod]
    [DataRow("t.csv", "a,b,c,d\n1,2,3,4\n", "too many columns")]
    [DataRow("t.csv", "sent0,hard_neg\n1,2\n", "lacks sent1")]
    [DataRow("t.csv", "sent1,hard_neg\n1,2\n", "lacks sent0")]
    [DataRow("t.csv", "anchor,negative,x\n1,2,3\n", "lacks positive")]
    [DataRow("t.csv", "sent0,sent1,sent1\n1,2,3\n", "2 columns named \"sent1\"")]
    [DataRow("t.csv", "sent0,sent1,hard_neg\n", "only the header sent0, sent1, hard_neg")]
    [DataRow("t.csv", "a,b,c,d\n", "too many columns")]
    [DataRow("t.csv", "", "has no row")]
    [DataRow("t.txt", "\n \n", "has no row")]
    [DataRow("t.json", "[]", "has no row")]
    [DataRow("t.jsonl", "{}\n", "line 1 has no column")]
    [DataRow("t.jsonl", "{\"sent0\":\"a\",\"sent1\":\"b\"}\n{\"sent0\":\"a\",\"sent1\":\"b\",\"hard_neg\":\"c\"}\n", "line 2 has the columns")]
    [DataRow("t.jsonl", "{\"sent0\":\"a\",\"sent1\":\"b\",\"hard_neg\":null}\n", "line 1 (\"hard_neg\")")]
    [DataRow("t.jsonl", "{\"sent0\":null,\"sent1\":\"b\"}\n", "must be a string")]
    public async Task ReadAsync_OtherContent_IsOneClearError(string name, string content, string named)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);

        var error = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => TripletData.ReadAsync(path));

        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, path);
    }

    [TestMethod]
    public async Task ReadAsync_CellsWithoutText_AreNamedByLineAndColumn()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t.csv", "sent0,sent1,hard_neg\na,b,c\n,b,c\na,  ,c\na,b,\"\"\n" + string.Concat(Enumerable.Repeat(",b,c\n", 5)));

        var message = (await Assert.ThrowsExactlyAsync<InvalidDataException>(() => TripletData.ReadAsync(path))).Message;

        StringAssert.Contains(message, "8 rows with a cell without a text");
        foreach (var place in (string[])["line 3 (\"sent0\")", "line 4 (\"sent1\")", "line 5 (\"hard_neg\")", "line 7 (\"sent0\"); …"])
            StringAssert.Contains(message, place);
    }

    [TestMethod]
    public async Task ReadAsync_RowLimit_TakesTheFirst()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("t.csv", "sent0,sent1\na,b\nc,d\n,\n");

        var data = await TripletData.ReadAsync(path, rows: 2);

        AssertRows([["a", "b"], ["c", "d"]], data);
        Assert.AreEqual(data.Sha256 + ":2", data.Fingerprint);
        await Assert.ThrowsExactlyAsync<ArgumentOutOfRangeException>(() => TripletData.ReadAsync(path, rows: 0));
    }

    [TestMethod]
    public async Task ReadAsync_FolderOfShards_IsReadAsOne()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data/train-00000-of-00002.csv", "sent0,sent1\na,b\nc,d\n");
        folder.Write("data/train-00001-of-00002.csv", "sent1,sent0\nf,e\n");

        var data = await TripletData.ReadAsync(folder.File("data"));

        AssertRows([["a", "b"], ["c", "d"], ["e", "f"]], data);
        Assert.AreEqual("data", data.Name);
        StringAssert.EndsWith(data.Where(1), "train-00000-of-00002.csv, line 3");
        StringAssert.EndsWith(data.Where(2), "train-00001-of-00002.csv, line 2");
        StringAssert.Contains(data.Notice, "2 files are read as one");
        var sums = string.Concat(Directory.GetFiles(folder.File("data")).Order(StringComparer.Ordinal)
            .Select(path => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)))}  {Path.GetFileName(path)}\n"));
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sums))), data.Sha256);
    }

    [TestMethod]
    public async Task ReadAsync_RunOfSynthesize_IsItsTriplets()
    {
        using var folder = new TemporaryFolder();
        var table = folder.Write("run/triplets.csv", "sent0,sent1,hard_neg\na,b,c\n");
        folder.Write("run/receipts.jsonl", "{\"row\":0}\n");
        folder.Write("run/run.json", "{}");

        var data = await TripletData.ReadAsync(folder.File("run"));

        AssertRows([["a", "b", "c"]], data);
        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(table))), data.Sha256);
    }

    [TestMethod]
    public async Task ReadAsync_StandardInput_IsRefused() =>
        await Assert.ThrowsExactlyAsync<NotSupportedException>(() => TripletData.ReadAsync("-"));

    private static void AssertRows(string[][] expected, TripletData data) => CollectionAssert.AreEqual(
        expected.Select(row => string.Join('|', row)).ToArray(),
        Enumerable.Range(0, data.Rows).Select(row => string.Join('|', data[row])).ToArray());
}
