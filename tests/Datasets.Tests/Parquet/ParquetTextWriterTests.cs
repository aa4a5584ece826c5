using System.Globalization;
using ParquetSharp;

namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class ParquetTextWriterTests
{
    private static readonly string[] Columns = ["sent0", "sent1", "hard_neg"];

    [TestMethod]
    public async Task Write_AnyTexts_AreReadBackHereAndByDuckDb()
    {
        using var folder = new TemporaryFolder();
        string[][] rows =
        [
            ["plain", "ƙarfe, \"daidai\"", "a\nb\r\nc\t"], ["", " ", "NA"], ["null", "𝒳 أهلا", "\u0001\uFEFF"], ["7", "true", "[1]"],
        ];
        var path = Write(folder.File("a.parquet"), rows);

        List<string?[]> found = [];
        await foreach (var row in TextRecords.ReadAsync(path, Columns, default))
            found.Add(row);
        Assert.HasCount(rows.Length, found);
        for (var i = 0; i < rows.Length; i++)
            CollectionAssert.AreEqual(rows[i], found[i]);
        foreach (var (i, column) in Columns.Index())
            CollectionAssert.AreEqual(rows.Select(r => r[i]).ToArray(), ParquetFiles.Query($"SELECT {column} FROM '{path}'"));
    }

    [TestMethod]
    public void Write_Columns_AreStringsForWhateverReadsThem()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder.File("a.parquet"), [["a", "b", "c"]]);

        CollectionAssert.AreEqual(
            Columns.Select(c => $"{c} VARCHAR").ToArray(),
            ParquetFiles.Query($"SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM '{path}')"));
        using var file = new ParquetFileReader(path);
        for (var i = 0; i < Columns.Length; i++)
        {
            var column = file.FileMetaData.Schema.Column(i);
            Assert.AreEqual(LogicalTypeEnum.String, column.LogicalType.Type, "pyarrow makes string of it, and binary of bytes alone");
            Assert.AreEqual(PhysicalType.ByteArray, column.PhysicalType);
        }
    }

    [TestMethod]
    public void Write_Answers_AreTheStructureOfTheHub()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.parquet");
        using (var file = File.Create(path))
        {
            using var writer = new ParquetTextWriter(file, ["id", "answers", "language"], ["answers"]);
            writer.Write(["1", "{\"text\": [\"rana\", \"ƙarfe\"], \"answer_start\": [0, 7]}", "ha"]);
            writer.Write(["2", "{\"text\": [], \"answer_start\": []}", "sw"]);
            writer.Write(["3", "{\"text\": [\"\"], \"answer_start\": [-1]}", "sw"]);
            writer.Close();
        }

        CollectionAssert.AreEqual((string[])["id VARCHAR", "answers STRUCT(\"text\" VARCHAR[], answer_start INTEGER[])", "language VARCHAR"],
            ParquetFiles.Query($"SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM '{path}')"));
        CollectionAssert.AreEqual((string[])["1 rana,ƙarfe 0,7 ha", "2   sw", "3  -1 sw"], ParquetFiles.Query(
            $"SELECT id || ' ' || array_to_string(answers.text, ',') || ' ' || array_to_string(answers.answer_start, ',') || ' ' || language "
            + $"FROM '{path}'"));
        using var none = new ParquetTextWriter(Stream.Null, ["answers"], ["answers"]);
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => none.Write(["rana"])).Message, "this is rana");
    }

    [TestMethod]
    public void Write_ManyRows_AreGroupsOfBoundedSize()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder.File("rows.parquet"), Enumerable.Range(0, 25_000).Select(Row));
        var longer = new string('x', 1 << 22);
        var large = Write(folder.File("large.parquet"), Enumerable.Range(0, 10).Select(i => (string[])[$"{i}{longer}", "b", "c"]));

        Assert.AreEqual("10000, 10000, 5000", Groups(path));
        Assert.AreEqual("4, 4, 2", Groups(large));
        var sum = Enumerable.Range(0, 25_000).Sum(i => (long)Row(i)[2].Length);
        Assert.AreEqual(
            $"25000 25000 {sum}",
            ParquetFiles.Query($"SELECT count(*) || ' ' || count(DISTINCT sent0) || ' ' || sum(length(hard_neg)) FROM '{path}'")[0]);
        CollectionAssert.AreEqual(
            (string[])["sentence 0", "sentence 1"], ParquetFiles.Query($"SELECT sent0 FROM '{path}' LIMIT 2"), "in their order");
    }

    [TestMethod]
    public void Write_NoRows_IsAFileOfItsColumns()
    {
        using var folder = new TemporaryFolder();
        var path = Write(folder.File("a.parquet"), []);

        CollectionAssert.AreEqual(Columns, ParquetFiles.Query($"SELECT column_name FROM (DESCRIBE SELECT * FROM '{path}')"));
        Assert.AreEqual("0", ParquetFiles.Query($"SELECT count(*) FROM '{path}'")[0]);
    }

    [TestMethod]
    public void Write_TheSameTexts_AreTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var one = Write(folder.File("one.parquet"), Enumerable.Range(0, 12_000).Select(Row));
        var other = Write(folder.File("other.parquet"), Enumerable.Range(0, 12_000).Select(Row));

        CollectionAssert.AreEqual(File.ReadAllBytes(one), File.ReadAllBytes(other));
    }

    [TestMethod]
    public void Write_WrongRows_AreRefused()
    {
        using var stream = new MemoryStream();
        using var writer = new ParquetTextWriter(stream, Columns);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => writer.Write(["a"])).Message, "A row has 1 texts; the file has 3 columns");
        Assert.Throws<ArgumentException>(() => writer.Write(["a", "b", "\ud83d"]));
    }

    [TestMethod]
    public void Write_OutputThatIsFull_IsAnIOExceptionWithItsReason()
    {
        using var stream = new FullStream();
        using var writer = new ParquetTextWriter(stream, Columns);
        writer.Write(["a", "b", "c"]);

        var e = Assert.ThrowsExactly<IOException>(writer.Close);

        Assert.AreEqual("No space left on device", e.Message);
    }

    private static string[] Row(int i) => [$"sentence {i}", $"first {i % 7}", new string('n', i % 50)];

    private static string Write(string path, IEnumerable<string[]> rows)
    {
        using var file = File.Create(path);
        using var writer = new ParquetTextWriter(file, Columns);
        foreach (var row in rows)
            writer.Write(row);
        writer.Close();
        return path;
    }

    private static string Groups(string path)
    {
        using var file = new ParquetFileReader(path);
        return string.Join(", ", Enumerable.Range(0, file.FileMetaData.NumRowGroups).Select(i =>
        {
            using var group = file.RowGroup(i);
            return group.MetaData.NumRows.ToString(CultureInfo.InvariantCulture);
        }));
    }

    private sealed class FullStream : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device");
    }
}
