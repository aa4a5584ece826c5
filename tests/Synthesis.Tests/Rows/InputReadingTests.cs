using System.Security.Cryptography;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class InputReadingTests
{
    [TestMethod]
    [DataRow("anchors.txt", "one\ntwo\nthree\n", null)]
    [DataRow("anchors.txt", "one\ntwo\nthree\n", 2L)]
    [DataRow("anchors.csv", "id,sent0\n1,one\n2,\"two\"\n3,three\n", 1L)]
    [DataRow("anchors.jsonl", "{\"sent0\": \"one\"}\n\n{\"sent0\": \"two\"}\n", null)]
    public async Task Sha256Async_AfterTheTexts_IsThatOfTheWholeFile(string name, string content, long? limit)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, content);
        await using var reading = new RunInputs(path, null, limit).Open(hashes: true);

        var texts = await reading.RowsAsync(default).Select(r => r.Text).ToListAsync();

        CollectionAssert.AreEqual(new[] { "one", "two", "three" }.Take(texts.Count).ToArray(), texts);
        Assert.AreEqual(limit ?? texts.Count, texts.Count);
        var expected = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));
        Assert.AreEqual(expected, await reading.Sha256Async(default));
        Assert.AreEqual(expected, await reading.Sha256Async(default));
        Assert.AreEqual(new FileInfo(path).Length, reading.Bytes);
    }

    [TestMethod]
    public async Task Sha256Async_LongFileCutByTheLimit_ReadsTheRest()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, 50_000).Select(i => $"anchor {i}\n")));
        await using var reading = new RunInputs(path, null, 3).Open(hashes: true);

        Assert.HasCount(3, await reading.AnchorsAsync(new AnchorOccurrences(), default).ToListAsync());

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), await reading.Sha256Async(default));
    }

    [TestMethod]
    public async Task Sha256Async_SeveralFiles_IsThatOfTheirNamesAndHashesWhateverWasRead()
    {
        using var folder = new TemporaryFolder();
        string[] names = ["train-00000-of-00003.parquet", "train-00001-of-00003.parquet", "train-00002-of-00003.parquet"];
        foreach (var (i, name) in names.Index())
            Write(folder.File(name), [$"{i}a", $"{i}b"]);
        var lines = names.Select(n => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(folder.File(n))))}  {n}\n");
        var expected = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Concat(lines))));

        foreach (var limit in (long?[])[null, 1, 3])
        {
            await using var reading = new RunInputs(folder.Path, null, limit).Open(hashes: true);
            string[] all = ["0a", "0b", "1a", "1b", "2a", "2b"];
            CollectionAssert.AreEqual(all[..(int)(limit ?? 6)], await reading.RowsAsync(default).Select(r => r.Text).ToListAsync());
            Assert.AreEqual(expected, await reading.Sha256Async(default));
            Assert.AreEqual(names.Sum(n => new FileInfo(folder.File(n)).Length), reading.Bytes);
        }
    }

    [TestMethod]
    public async Task RunAsync_AShardOfTheInputIsAnotherOne_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("anchors"));
        Write(folder.File("anchors/train-00000-of-00002.parquet"), ["one", "two"]);
        Write(folder.File("anchors/train-00001-of-00002.parquet"), ["three"]);
        using var generator = ScriptedSource.Generator();
        var job = new SynthesisJobOptions { Input = folder.File("anchors"), Output = folder.File("run") };
        Assert.AreEqual(3, (await new SynthesisRun(ScriptedSource.Of(generator), job).RunAsync(default)).Rows);

        Write(folder.File("anchors/train-00001-of-00002.parquet"), ["four"]);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => new SynthesisRun(ScriptedSource.Of(generator), job).RunAsync(default));
        StringAssert.Contains(e.Message, "input.sha256");
    }

    private static void Write(string path, string[] anchors)
    {
        using var file = new ParquetSharp.ParquetFileWriter(path, [new ParquetSharp.Column<string>("sent0")]);
        using var group = file.AppendRowGroup();
        using var column = group.NextColumn().LogicalWriter<string>();
        column.WriteBatch(anchors);
        file.Close();
    }

    [TestMethod]
    public async Task AnchorsAsync_TextsThatComeAgain_HaveKeysOfTheirOwn()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("anchors.txt", "same\nother\nsame\n");
        await using var reading = new RunInputs(path, null, null).Open();

        var anchors = await reading.AnchorsAsync(new AnchorOccurrences(), default).ToListAsync();

        CollectionAssert.AreEqual(new KeyedAnchor[]
        {
            new(0, RowKey.Of("same"), 0, "same"), new(1, RowKey.Of("other"), 0, "other"), new(2, RowKey.Of("same", 1), 1, "same"),
        }, anchors);
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => reading.Sha256Async(default));
    }
}
