using Apache.Arrow;
using Apache.Arrow.Types;
using ParquetSharp;
using ParquetSharp.Arrow;

namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class ParquetRowsTests
{
    [TestMethod]
    [DataRow("")]
    [DataRow(", COMPRESSION zstd")]
    [DataRow(", COMPRESSION gzip, ROW_GROUP_SIZE 2048")]
    [DataRow(", COMPRESSION snappy, PARQUET_VERSION v2")]
    public async Task TextsAsync_FileOfManyBatches_HasEveryTextInOrder(string options)
    {
        using var folder = new TemporaryFolder();
        var path = ParquetFiles.Write(folder.File("a.parquet"), "SELECT i AS id, 'sentence ü ' || i AS text FROM range(5000) t(i)", options);

        var texts = await TextsAsync(path);

        CollectionAssert.AreEqual(Enumerable.Range(0, 5000).Select(i => $"sentence ü {i}").ToArray(), texts);
    }

    [TestMethod]
    public async Task TextsAsync_NameThatPromisesSomethingElse_IsKnownByContent()
    {
        using var folder = new TemporaryFolder();
        ParquetFiles.Write(folder.File("a.parquet"), "SELECT 'one' AS text");
        File.Move(folder.File("a.parquet"), folder.File("a.csv"));

        CollectionAssert.AreEqual((string[])["one"], await TextsAsync(folder.File("a.csv")));
    }

    [TestMethod]
    public async Task TextsAsync_DictionaryAndLargeStrings_AreTexts()
    {
        using var folder = new TemporaryFolder();
        string[] texts = ["a", "ü", "a", ""];
        WriteArrow(folder.File("dictionary.parquet"), new DictionaryArray(new DictionaryType(Int32Type.Default, StringType.Default, false),
            new Int32Array.Builder().AppendRange([0, 1, 0, 2]).Build(), new StringArray.Builder().AppendRange(["a", "ü", ""]).Build()));
        WriteArrow(folder.File("binary.parquet"), new BinaryArray.Builder().AppendRange(texts.Select(System.Text.Encoding.UTF8.GetBytes)).Build());

        CollectionAssert.AreEqual(texts, await TextsAsync(folder.File("dictionary.parquet")));
        CollectionAssert.AreEqual(texts, await TextsAsync(folder.File("binary.parquet")));
    }

    [TestMethod]
    public async Task TextsAsync_WrongFiles_SayFileColumnAndWhatWasFound()
    {
        using var folder = new TemporaryFolder();
        var number = ParquetFiles.Write(folder.File("number.parquet"), "SELECT 1 AS text");
        var other = ParquetFiles.Write(folder.File("other.parquet"), "SELECT 'x' AS sentence, 1 AS id");
        var missing = ParquetFiles.Write(folder.File("null.parquet"), "SELECT * FROM (VALUES ('a'), (NULL)) t(text)");
        File.WriteAllBytes(folder.File("cut.parquet"), File.ReadAllBytes(other)[..^20]);
        WriteArrow(folder.File("bytes.parquet"), new BinaryArray.Builder().Append(new byte[] { 0x61, 0xFC }.AsSpan()).Build());

        await AssertRefusedAsync(number, $"{number}: the column \"text\" is of type int32; it must hold strings");
        await AssertRefusedAsync(other, $"{other} has no column named text. Columns found: \"sentence\", \"id\"");
        await AssertRefusedAsync(missing, $"{missing}, row 1 (from 0): \"text\" is null; it must be a string");
        await AssertRefusedAsync(folder.File("cut.parquet"), "cannot be read as Parquet; is it whole?");
        await AssertRefusedAsync(folder.File("bytes.parquet"), "row 0 (from 0): \"text\" is not UTF-8");
    }

    [TestMethod]
    public async Task RecordsAsync_OptionalColumns_AreNullWhereTheyAreNot()
    {
        using var folder = new TemporaryFolder();
        var path = ParquetFiles.Write(folder.File("a.parquet"), "SELECT * FROM (VALUES ('n', 'a', 1), (NULL, 'b', 2)) t(hard_neg, sent0, n)");
        List<string?[]> rows = [];
        await foreach (var row in TextRecords.ReadAsync(path, ["sent0", "sent1", "hard_neg"], default))
            rows.Add(row);
        CollectionAssert.AreEqual((string?[])["a", null, "n"], rows[0]);
        CollectionAssert.AreEqual((string?[])["b", null, null], rows[1]);
    }

    [TestMethod]
    public async Task ObjectsAsync_EveryTypeOfAnEvaluationRow_IsJson()
    {
        using var folder = new TemporaryFolder();
        var path = ParquetFiles.Write(folder.File("a.parquet"), """
            SELECT 'q' || i AS query_id, i::BIGINT AS n, i + 0.5::DOUBLE AS score, i % 2 = 0 AS even, NULL::VARCHAR AS nothing,
              [{'docid': 'd' || i, 'text': 'passage "' || i || '"'}, {'docid': 'e', 'text': NULL}] AS positive_passages,
              CASE WHEN i = 1 THEN []::VARCHAR[] ELSE ['a', 'b' || i] END AS words, DATE '2026-01-01' AS day
            FROM range(3000) t(i)
            """);

        var rows = await ObjectsAsync(path);

        Assert.HasCount(3000, rows);
        const string Expected = """
            {"query_id":"q2500","n":2500,"score":2500.5,"even":true,"nothing":null,
            "positive_passages":[{"docid":"d2500","text":"passage \u00222500\u0022"},{"docid":"e","text":null}],"words":["a","b2500"]}
            """;
        Assert.AreEqual(Expected.Replace("\n", "", StringComparison.Ordinal), rows[2500]);
        StringAssert.Contains(rows[1], "\"words\":[]");
    }

    [TestMethod]
    public async Task ObjectsAsync_ListElementsOfAnyName_AreRead()
    {
        using var folder = new TemporaryFolder();
        var element = ParquetFiles.Write(folder.File("element.parquet"), "SELECT ['a', 'b'] AS words UNION ALL SELECT ['c']");
        using (var file = new ParquetFileWriter(folder.File("item.parquet"), [new Column<string[]>("words")]))
        {
            using var group = file.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<string[]>();
            column.WriteBatch([["a", "b"], ["c"]]);
            file.Close();
        }

        Assert.AreEqual("item", ListElementName(folder.File("item.parquet")));
        Assert.AreEqual("element", ListElementName(element));
        CollectionAssert.AreEqual((string[])["{\"words\":[\"a\",\"b\"]}", "{\"words\":[\"c\"]}"], await ObjectsAsync(element));
        CollectionAssert.AreEqual((string[])["{\"words\":[\"a\",\"b\"]}", "{\"words\":[\"c\"]}"],
            await ObjectsAsync(folder.File("item.parquet")));
    }

    private static string ListElementName(string path)
    {
        using var reader = new ParquetFileReader(path);
        return reader.FileMetaData.Schema.Column(0).Path.ToDotVector()[2];
    }

    private static void WriteArrow(string path, IArrowArray column)
    {
        var schema = new Apache.Arrow.Schema([new Field("text", column.Data.DataType, nullable: true)], null);
        using var properties = ArrowWriterProperties.GetDefault();
        using var writer = new FileWriter(path, schema, null, properties);
        writer.WriteRecordBatch(new RecordBatch(schema, [column], column.Length), 1024);
        writer.Close();
    }

    private static async Task AssertRefusedAsync(string path, string found)
    {
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => TextsAsync(path));
        StringAssert.Contains(e.Message, path);
        StringAssert.Contains(e.Message, found);
    }

    private static async Task<List<string>> TextsAsync(string path)
    {
        List<string> texts = [];
        await foreach (var text in Dataset.Open(path).Texts().Read(default))
            texts.Add(text);
        return texts;
    }

    private static async Task<List<string>> ObjectsAsync(string path)
    {
        List<string> rows = [];
        await foreach (var row in JsonRows.ReadAsync(path, default))
            rows.Add(row.Element.GetRawText());
        return rows;
    }
}
