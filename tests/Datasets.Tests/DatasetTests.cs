namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class DatasetTests
{
    [TestMethod]
    [DataRow("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet")]
    [DataRow("train-00000-of-00002.parquet", "train-00001-of-00002.parquet")]
    [DataRow("00000-of-00002.parquet", "00001-of-00002.parquet")]
    [DataRow("train/0000.parquet", "train/0001.parquet")]
    [DataRow("part-0.parquet", "part-1.parquet")]
    public async Task Open_FolderOfParquet_ReadsAllFilesInOrder(string first, string second)
    {
        using var folder = new TemporaryFolder();
        ParquetFiles.Write(folder.File(second), "SELECT 'three' AS text");
        ParquetFiles.Write(folder.File(first), "SELECT * FROM (VALUES ('one'), ('two')) t(text)");
        folder.Write("README.md", "---\n");
        folder.Write("dataset_infos.json", "{}");

        CollectionAssert.AreEqual((string[])["one", "two", "three"], await TextsAsync(folder.Path));
    }

    [TestMethod]
    [DataRow("train-0000{0}-of-00002.jsonl", "{\"text\":\"a\"}\n", "{\"text\":\"b\"}\n")]
    [DataRow("train-0000{0}-of-00002.csv", "text\na\n", "text\nb\n")]
    [DataRow("train-0000{0}-of-00002.json", "[\"a\"]", "[\"b\"]")]
    [DataRow("data/train-0000{0}-of-00002.tsv", "text\tx\na\t1\n", "x\ttext\n1\tb\n")]
    public async Task Open_ShardsOfOtherKinds_AreReadTogether(string name, string first, string second)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name.Replace("{0}", "1", StringComparison.Ordinal), second);
        var one = folder.Write(name.Replace("{0}", "0", StringComparison.Ordinal), first);
        var all = one.Replace("00000-of", "*-of", StringComparison.Ordinal);

        CollectionAssert.AreEqual((string[])["a", "b"], await TextsAsync(folder.Path));
        CollectionAssert.AreEqual((string[])["a", "b"], await TextsAsync(all));
        CollectionAssert.AreEqual((string[])["a"], await TextsAsync(one));
    }

    [TestMethod]
    public void Open_MissingShard_IsNamed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data/train-00000-of-00003.jsonl", "\"a\"");
        folder.Write("data/train-00002-of-00003.jsonl", "\"a\"");
        var e = Assert.ThrowsExactly<FileNotFoundException>(() => Dataset.Open(folder.Path));
        StringAssert.Contains(e.Message, $"A shard is missing: {folder.File("data/train-00001-of-00003.jsonl")}");
    }

    [TestMethod]
    [DataRow("train", "a")]
    [DataRow("validation", "b")]
    [DataRow("dev", "b")]
    public async Task Open_FolderOfSplits_TakesTheOneThatIsAskedFor(string split, string expected)
    {
        using var folder = new TemporaryFolder();
        ParquetFiles.Write(folder.File("data/train-00000-of-00001.parquet"), "SELECT 'a' AS text");
        ParquetFiles.Write(folder.File("data/validation-00000-of-00001.parquet"), "SELECT 'b' AS text");

        List<string> texts = [];
        await foreach (var text in Dataset.Open(folder.Path, split).Texts().Read(default))
            texts.Add(text);
        CollectionAssert.AreEqual((string[])[expected], texts);
        var several = Assert.ThrowsExactly<InvalidDataException>(() => Dataset.Open(folder.Path));
        StringAssert.Contains(several.Message, "several splits: train, validation");
        var none = Assert.ThrowsExactly<InvalidDataException>(() => Dataset.Open(folder.Path, "test"));
        StringAssert.Contains(none.Message, "has no split test; it has train, validation");
    }

    [TestMethod]
    [DataRow("several kinds: .csv, .jsonl", "a.csv", "b.jsonl")]
    [DataRow("do not belong together", "train.csv", "train-00000-of-00001.csv")]
    [DataRow("do not belong together", "train-00000-of-00001.csv", "train-00000-of-00002.csv")]
    public void Open_FilesThatAreNotOneDataset_AreRefused(string reason, params string[] names)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in names)
            folder.Write(name, "text\na\n");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Dataset.Open(folder.Path)).Message, reason);
    }

    [TestMethod]
    [DataRow("a.csv", "text\none\n", "b.csv", "lang,text\nen,two\n")]
    [DataRow("a.jsonl", "{\"text\":\"one\"}\n", "b.jsonl", "\"two\"\n")]
    [DataRow("data/ko.tsv", "text\tx\none\t1\n", "data/th.tsv", "text\ntwo\n")]
    public async Task Open_FilesWithoutSplits_AreOneAndSaid(string first, string one, string second, string two)
    {
        using var folder = new TemporaryFolder();
        folder.Write(first, one);
        folder.Write(second, two);

        var dataset = Dataset.Open(folder.Path);

        Assert.AreEqual($"{folder.Path}: 2 files are read as one, in this order: {Path.GetFileName(first)}, {Path.GetFileName(second)}",
            dataset.Notice);
        CollectionAssert.AreEqual((string[])["one", "two"], await TextsAsync(folder.Path));
        // as load_dataset(FOLDER, split="train") takes them
        CollectionAssert.AreEqual(dataset.Files.ToArray(), Dataset.Open(folder.Path, "train").Files.ToArray());
        var e = Assert.ThrowsExactly<InvalidDataException>(() => Dataset.Open(folder.Path, "test"));
        StringAssert.Contains(e.Message, "has no split test; it has files of no split");
        Assert.IsNull(Dataset.Open(folder.File(first)).Notice);
    }

    [TestMethod]
    public void Notice_OfManyFiles_IsOneLine()
    {
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 12; i++)
            folder.Write($"shards/train-{i:D5}-of-00012.jsonl", "\"a\"");
        for (var i = 0; i < 12; i++)
            folder.Write($"parts/part-{i:D2}.jsonl", "\"a\"");

        StringAssert.EndsWith(
            Dataset.Open(folder.File("shards")).Notice, ": 12 files are read as one, in this order: train-*-of-00012.jsonl");
        StringAssert.EndsWith(Dataset.Open(folder.File("parts")).Notice, "part-08.jsonl, part-09.jsonl and 2 more");
    }

    [TestMethod]
    [DataRow("b.csv", "sentence\ntwo\n", "b.csv has 0 columns named text")]
    [DataRow("b.csv", "text,text\ntwo,2\n", "b.csv has 2 columns named text")]
    [DataRow("b.csv", "PAR1", "Parquet")]
    public async Task Open_FileWithOtherColumns_IsRefusedBeforeTheFirstText(string name, string content, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a.csv", "text\none\n");
        folder.Write(name, content);
        var texts = Dataset.Open(folder.Path).Texts().Read(default).GetAsyncEnumerator();

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => texts.MoveNextAsync().AsTask());

        StringAssert.Contains(e.Message, reason);
        await texts.DisposeAsync();
    }

    [TestMethod]
    public void Open_FolderWithoutData_SaysWhatWouldBe()
    {
        using var folder = new TemporaryFolder();
        folder.Write("README.md", "text");
        StringAssert.Contains(Assert.ThrowsExactly<FileNotFoundException>(() => Dataset.Open(folder.Path)).Message, ".parquet");
        Assert.ThrowsExactly<FileNotFoundException>(() => Dataset.Open(folder.File("none.csv")));
        Assert.ThrowsExactly<FileNotFoundException>(() => Dataset.Open(folder.File("train-*-of-00002.parquet")));
    }

    [TestMethod]
    [DataRow("data/train-00000-of-00001.parquet", "train")]
    [DataRow("en_train-00000-of-00001.parquet", "en_train")]
    [DataRow("sts-dev.tsv", "dev")]
    [DataRow("default/test/0000.parquet", "test")]
    [DataRow("corpus.jsonl.gz", null)]
    public void Of_NameOfAFile_SaysItsSplit(string path, string? split) => Assert.AreEqual(split, SplitName.Of(path));

    private static async Task<List<string>> TextsAsync(string path)
    {
        List<string> texts = [];
        await foreach (var text in Dataset.Open(path).Texts().Read(default))
            texts.Add(text);
        return texts;
    }
}
