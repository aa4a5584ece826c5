
namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class DataFinderTests
{
    private const string Pairs = "sentence1,sentence2,score\na b,a c,1\n\"x, \"\"y\"\"\",z,2.5\n,q,4\n";

    [TestMethod]
    public async Task Read_CsvWithNamedColumns_GivesPairsAndCountsEmptySentences()
    {
        var data = await ReadAsync<StsData>("hau_test.csv", Pairs);

        Assert.HasCount(3, data.Pairs);
        Assert.AreEqual(new StsPair("x, \"y\"", "z", 2.5, 3, null), data.Pairs[1]);
        Assert.AreEqual(("test", "hau"), (data.Name.Split, data.Name.Subset));
        CollectionAssert.AreEqual(new[] { "hau-Latn" }, data.Name.Languages.ToArray());
        CollectionAssert.AreEqual(new[] { "1 sentences are empty" }, data.Findings.ToArray());
    }

    [TestMethod]
    [DataRow("a.tsv", "label\tsentence2\tsentence1\n1\tb\ta\n", "sentence pairs")]
    [DataRow("a.csv", "Sentence1,Sentence2,similarity_score\na,b,1\n", "sentence pairs")]
    [DataRow("a.csv", "PairID,Text,Score\nENG-1,\"a\nb\",1\n", "sentence pairs (SemRel: Text, Score)")]
    [DataRow("a.jsonl", "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":\"1\"}\n", "sentence pairs")]
    [DataRow("a.tsv", "genre\tfilename\tyear\tid\tscore\tsentence1\tsentence2\nx\ty\t2012\t1\t1\ta\tb\n",
        "sentence pairs (STS-B, with header)")]
    [DataRow("a.tsv", "x\ty\t2012\t1\t1.000\ta\tb\tsource\n", "sentence pairs (STS-B, without header)")]
    public async Task Read_EachLayoutOfPairs_IsRecognised(string file, string text, string layout)
    {
        var data = await ReadAsync<StsData>(file, text);

        Assert.AreEqual(layout, data.Layout);
        Assert.AreEqual(("a", "b", 1.0), (data.Pairs.Single().Sentence1, data.Pairs.Single().Sentence2, data.Pairs.Single().Score));
    }

    [TestMethod]
    public async Task Read_StsBenchmarkTable_TakesQuotesAsText()
    {
        var data = await ReadAsync<StsData>("sts-dev.tsv", "x\ty\t2012\t1\t1\t\"a\tb\"\n");

        Assert.AreEqual(("\"a", "b\""), (data.Pairs[0].Sentence1, data.Pairs[0].Sentence2));
    }

    [TestMethod]
    [DataRow("sts-test.csv")]
    [DataRow("sts-test.tsv")]
    [DataRow("sts-test.tab")]
    public async Task Read_StsBenchmarkWithoutHeader_IsKnownWhateverItsEnding(string name)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name,
            "main-captions\tMSRvid\t2012test\t0000\t5.000\tA man with a hat, old, dances, sings, eats, reads, walks, runs, and sleeps, they say.\tA man dances.\n" +
            "main-captions\tMSRvid\t2012test\t0002\t0.500\tA child rides.\tA cook sells \"bread, fish\".\n" +
            "main-news\tMSRpar\t2013\t0005\t3.200\t\"The market is closed, she said.\tShe said so.\tsrcA\tsrcB\n");

        var pairs = ((StsData)(await DataFinder.ReadAsync([path], new EvaluationOptions(), default)).Data.Single()).Pairs;

        CollectionAssert.AreEqual((double[])[5, 0.5, 3.2], pairs.Select(p => p.Score).ToArray());
        Assert.AreEqual("A cook sells \"bread, fish\".", pairs[1].Sentence2);
        Assert.AreEqual("\"The market is closed, she said.", pairs[2].Sentence1);
    }

    [TestMethod]
    [DataRow("a.json", "{\"sentence1\":\"x\",\"sentence2\":\"y\",\"score\":1}\n{\"sentence1\":\"z\",\"sentence2\":\"y\",\"score\":2}\n")]
    [DataRow("a.json", "[{\"sentence1\":\"x\",\"sentence2\":\"y\",\"score\":1},\n{\"sentence1\":\"z\",\"sentence2\":\"y\",\"score\":2}]")]
    [DataRow("a.jsonlines", "{\"sentence1\":\"x\",\"sentence2\":\"y\",\"score\":1}\n{\"sentence1\":\"z\",\"sentence2\":\"y\",\"score\":2}\n")]
    [DataRow("a.csv", "sentence1\tsentence2\tscore\nx\ty\t1\nz\ty\t2\n")]
    [DataRow("a.tab", "sentence1\tsentence2\tscore\nx\ty\t1\nz\ty\t2\n")]
    public async Task Read_Pairs_AreKnownByTheirContent(string name, string content)
    {
        using var folder = new TemporaryFolder();
        var data = (await DataFinder.ReadAsync([folder.Write(name, content)], new EvaluationOptions(), default)).Data.Single();
        CollectionAssert.AreEqual((string[])["x", "z"], ((StsData)data).Pairs.Select(p => p.Sentence1).ToArray());
    }

    [TestMethod]
    public async Task Read_HubFolderOfParquet_TakesShardsTogetherAndTheirSplit()
    {
        using var folder = new TemporaryFolder();
        var data = Directory.CreateDirectory(folder.File("KorSTS/data")).FullName;
        WritePairs(Path.Combine(data, "validation-00000-of-00002.parquet"), ["x", "y"], [1, 2]);
        WritePairs(Path.Combine(data, "validation-00001-of-00002.parquet"), ["z"], [3]);

        var found = (StsData)(await DataFinder.ReadAsync([folder.File("KorSTS")], new EvaluationOptions(), default)).Data.Single();

        Assert.AreEqual(("KorSTS", "validation"), (found.Name.TaskName, found.Name.Split));
        CollectionAssert.AreEqual((string[])["x", "y", "z"], found.Pairs.Select(p => p.Sentence1).ToArray());
        CollectionAssert.AreEqual((double[])[1, 2, 3], found.Pairs.Select(p => p.Score).ToArray());
        File.Delete(Path.Combine(data, "validation-00000-of-00002.parquet"));
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => DataFinder.ReadAsync([folder.File("KorSTS")], new EvaluationOptions(), default));
        StringAssert.Contains(e.Message, $"A shard is missing: {Path.Combine(data, "validation-00000-of-00002.parquet")}");
    }

    [TestMethod]
    public async Task Read_ShardsOfATable_HaveOneHeader()
    {
        using var folder = new TemporaryFolder();
        folder.Write("STS/test-00000-of-00002.csv", "sentence1,sentence2,score\na,b,1\n");
        folder.Write("STS/test-00001-of-00002.csv", "sentence1,sentence2,score\nc,d,2\n");
        folder.Write("KorSTS/sts-dev-00000-of-00002.tsv", "x\ty\t2012\t1\t1\te\tf\n");
        folder.Write("KorSTS/sts-dev-00001-of-00002.tsv", "x\ty\t2012\t2\t2\tg\th\n");

        var data = (await DataFinder.ReadAsync([folder.Path], new EvaluationOptions(), default)).Data.Cast<StsData>().ToList();

        CollectionAssert.AreEqual((string[])["e", "g", "a", "c"], data.SelectMany(d => d.Pairs).Select(p => p.Sentence1).ToArray());
        CollectionAssert.AreEqual((string[])["dev", "test"], data.ConvertAll(d => d.Name.Split));
    }

    private static void WritePairs(string path, string[] sentences, double[] scores)
    {
        using var file = new ParquetSharp.ParquetFileWriter(path,
            [new ParquetSharp.Column<string>("sentence1"), new ParquetSharp.Column<string>("sentence2"), new ParquetSharp.Column<double>("score")]);
        using var group = file.AppendRowGroup();
        for (var i = 0; i < 2; i++)
        {
            using var column = group.NextColumn().LogicalWriter<string>();
            column.WriteBatch(sentences);
        }
        using (var column = group.NextColumn().LogicalWriter<double>())
            column.WriteBatch(scores);
        file.Close();
    }

    [TestMethod]
    public async Task Read_ColumnLang_GivesASubsetEach()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("test.jsonl", string.Join('\n', new[] { ("ko-ko", 1), ("en-de", 2), ("ko-ko", 3) }
            .Select(r => $"{{\"sentence1\":\"a\",\"sentence2\":\"b{r.Item2}\",\"score\":{r.Item2},\"lang\":\"{r.Item1}\"}}")));

        var (data, _, _, _) = await DataFinder.ReadAsync([path], new EvaluationOptions(), default);
        var (one, _, _, _) = await DataFinder.ReadAsync([path], new EvaluationOptions { Subset = "en-de" }, default);

        CollectionAssert.AreEqual(new[] { "ko-ko", "en-de" }, data.Select(d => d.Name.Subset).ToArray());
        CollectionAssert.AreEqual(new[] { "eng-Latn", "deu-Latn" }, one.Single().Name.Languages.ToArray());
        Assert.IsTrue(data.All(d => d.Name.TaskName == "STS17"));
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => DataFinder.ReadAsync([path], new EvaluationOptions { Subset = "xx" }, default));
        StringAssert.Contains(e.Message, "\"ko-ko\"");
    }

    [TestMethod]
    [DataRow("a.csv", "sentence1,sentence2,score\na,b,1\na,b,\n", "line 3 has no score")]
    [DataRow("a.csv", "sentence1,sentence2,score\na,b,high\n", "the score is \"high\"")]
    [DataRow("a.csv", "sentence1,sentence2,score\na,b,\"1,5\"\n", "the score is \"1,5\"")]
    [DataRow("a.csv", "sentence1,sentence2,score\na,b,NaN\n", "the score is \"NaN\"")]
    [DataRow("a.csv", "sentence1,sentence2\na,b\n", "no score column")]
    [DataRow("a.csv", "sentence1,sentence2,score,label\na,b,1,1\n", "several score columns")]
    [DataRow("a.csv", "x,y\na,b\n", "sentence1, sentence2, score")]
    [DataRow("a.csv", "sentence1,sentence2,score\na,\"b,1\n", "a.csv")]
    [DataRow("a.csv", "sentence1,sentence2,score\na,1\n", "a.csv")]
    [DataRow("a.csv", "PairID,Text,Score\n1,one line,1\n", "holds 1 lines and 0 tabs")]
    [DataRow("a.tsv", "x\ty\t2012\t1\t1\ta\tb\nx\ty\t2012\t2\t1\ta\n", "line 2 has 6 fields")]
    [DataRow("a.jsonl", "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"score\":null}\n", "line 1 has no score")]
    [DataRow("a.jsonl", "{\"sentence1\":\"a\",\"sentence2\":7,\"score\":1}\n", "it must be a string")]
    [DataRow("a.jsonl", "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"score\":1}\n{\"a\":1}\n", "no field \"sentence1\"")]
    [DataRow("a.jsonl", "{\"sentence1\":\"a\",\n", "not valid JSON")]
    [DataRow("a.jsonl", "{\"sentence1\":\"\\ud800\",\"sentence2\":\"b\",\"score\":1}\n", "not valid Unicode")]
    [DataRow("a.jsonl", "[1]\n", "must be an object")]
    [DataRow("a.jsonl", "{\"x\":1}\n", "neither those of sentence pairs")]
    [DataRow("a.json", "{\"x\":1}\n", "neither corpus")]
    [DataRow("a.xlsx", "x", "none of .csv")]
    public async Task Read_BadPairs_AreRefusedWithTheReason(string file, string text, string reason)
    {
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync<StsData>(file, text));

        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    public async Task Read_InvalidUtf8_IsRefusedWithItsLine()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("a.csv");
        File.WriteAllBytes(path, [.. "sentence1,sentence2,score\na,"u8, 0xFF, .. ",1\n"u8]);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => DataFinder.ReadAsync([path], new EvaluationOptions(), default));

        StringAssert.Contains(e.Message, "line 2 has an invalid byte");
    }

    [TestMethod]
    public async Task Read_FolderOfLanguages_GivesOneTaskAndSaysWhatItLeftOut()
    {
        using var folder = new TemporaryFolder();
        folder.Write("SemRel2024/hau_test.csv", Pairs);
        folder.Write("SemRel2024/tel/tel_test.csv", Pairs);
        folder.Write("SemRel2024/notes.txt", "x");

        var (data, skipped, _, _) = await DataFinder.ReadAsync([folder.File("SemRel2024")], new EvaluationOptions(), default);

        CollectionAssert.AreEqual(
            new[] { ("SemRel24STS", "hau"), ("SemRel24STS", "tel") }, data.Select(d => (d.Name.TaskName, d.Name.Subset)).ToArray());
        StringAssert.Contains(skipped.Single(), "notes.txt left out");
    }

    [TestMethod]
    public async Task Read_TwoFilesOfTheSameName_AreRefused()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [folder.Write("a/pairs.csv", Pairs), folder.Write("b/pairs.csv", Pairs)];

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => DataFinder.ReadAsync(paths, new EvaluationOptions(), default));

        StringAssert.Contains(e.Message, "filed as pairs");
    }

    [TestMethod]
    public async Task Read_NoSuchPath_IsAFileNotFound() =>
        await Assert.ThrowsExactlyAsync<FileNotFoundException>(
            () => DataFinder.ReadAsync(["/no/such/path"], new EvaluationOptions(), default));

    internal static async Task<T> ReadAsync<T>(string file, string text, EvaluationOptions? options = null)
        where T : EvaluationData
    {
        using var folder = new TemporaryFolder();
        var (data, _, _, _) = await DataFinder.ReadAsync([folder.Write(file, text)], options ?? new EvaluationOptions(), default);
        return (T)data.Single();
    }
}
