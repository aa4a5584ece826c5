namespace XlLoraOnnx.Evaluation.Tests;

/// <summary>Files as their authors publish them, under the names and in the layouts that those have.</summary>
[TestClass]
public sealed class DataFilesOfUsersTests
{
    private const string StsBenchmark =
        "main-captions\tMSRvid\t2012test\t0000\t5.000\tA man with a hat dances.\tA man wearing a hat is dancing.\n" +
        "main-captions\tMSRvid\t2012test\t0002\t0.500\tA child rides a horse.\tA cook sells \"bread, fish\".\n" +
        "main-news\tMSRpar\t2013\t0005\t3.200\t\"The market is closed, she said.\tShe said the market closed.\tsrcA\tsrcB\n";

    private const string Header = "genre\tfilename\tyear\tid\tscore\tsentence1\tsentence2\n";

    [TestMethod]
    [DataRow("sts-test.csv", "test")]
    [DataRow("sts-dev.csv", "dev")]
    [DataRow("sts-train.csv", "train")]
    [DataRow("sts-train.tsv", "train")]
    [DataRow("sts-dev.tab", "dev")]
    public async Task Read_OriginalStsBenchmark_IsRecognisedByItsContent(string file, string split)
    {
        var data = await DataFinderTests.ReadAsync<StsData>("stsbenchmark/" + file, StsBenchmark);

        Assert.AreEqual(("STSBenchmark", split, "eng-Latn"), (data.Name.TaskName, data.Name.Split, data.Name.Languages.Single()));
        Assert.AreEqual("A cook sells \"bread, fish\".", data.Pairs[1].Sentence2);
        Assert.AreEqual(
            ("\"The market is closed, she said.", "She said the market closed.", 3.2),
            (data.Pairs[2].Sentence1, data.Pairs[2].Sentence2, data.Pairs[2].Score));
    }

    [TestMethod]
    [DataRow("a.csv", "sentence1\tsentence2\tscore\na, b\tc\t1\n", "a, b")]
    [DataRow("a.tsv", "sentence1,sentence2,score\n\"a, b\",c,1\n", "a, b")]
    [DataRow("a.csv", "sentence1;sentence2;score\na, b;c;1\n", "a, b")]
    [DataRow("a.json", "{\"sentence1\":\"a\",\"sentence2\":\"c\",\"score\":1}\n{\"text1\":\"x\",\"text2\":\"y\",\"label\":2}\n", "a")]
    [DataRow("a.json", "[\n{\"sentence1\":\"a\",\n\"sentence2\":\"c\",\"score\":1}]", "a")]
    public async Task Read_OtherEndingThanContent_IsReadAsWhatItIs(string file, string text, string first)
    {
        var data = await DataFinderTests.ReadAsync<StsData>(file, text);

        Assert.AreEqual((first, "c", 1.0), (data.Pairs[0].Sentence1, data.Pairs[0].Sentence2, data.Pairs[0].Score));
    }

    [TestMethod]
    [DataRow("\"a one\nb two\"")]
    [DataRow("\"a one\tb two\"")]
    [DataRow("a one\tb two")]
    [DataRow("\"a one\nb two\n\"")]
    [DataRow("\"a one\tb two\r\n\"")]
    [DataRow("\"a one\r\nb two\"")]
    public async Task Read_SemRelPair_IsSeparatedByLineEndOrTab(string field)
    {
        var data = await DataFinderTests.ReadAsync<StsData>(
            "SemRel/afr_test_with_labels.csv", $"PairID,Text,Score\r\nX-1,{field},0.75\r\n");

        Assert.AreEqual(("a one", "b two"), (data.Pairs.Single().Sentence1, data.Pairs.Single().Sentence2));
        Assert.AreEqual(("SemRel24STS", "test", "afr"), (data.Name.TaskName, data.Name.Split, data.Name.Subset));
    }

    [TestMethod]
    public async Task Read_SemRelPairOfLines_KeepsATabWithinASentence()
    {
        var data = await DataFinderTests.ReadAsync<StsData>("x.csv", "PairID,Text,Score\nX-1,\"a\tone\nb\",1\n");

        Assert.AreEqual(("a\tone", "b"), (data.Pairs.Single().Sentence1, data.Pairs.Single().Sentence2));
    }

    [TestMethod]
    public async Task Read_FolderOfSplits_FilesEachAsWhatItIs()
    {
        using var folder = new TemporaryFolder();
        foreach (var split in new[] { "dev", "test", "train" })
            folder.Write($"KorSTS/sts-{split}.tsv", Header + StsBenchmark);

        var found = await DataFinder.ReadAsync([folder.File("KorSTS")], new EvaluationOptions(), default);

        Assert.IsEmpty(found.Unreadable);
        CollectionAssert.AreEqual(
            new[] { ("KorSTS", "dev"), ("KorSTS", "test"), ("KorSTS", "train") },
            found.Data.Select(d => (d.Name.TaskName, d.Name.Split)).ToArray());
    }

    [TestMethod]
    public async Task Read_FoldersOfSplitAndLanguage_NameWhatTheirFilesDoNot()
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine/dev/hau.csv", "sentence1,sentence2,score\na,b,1\n");
        folder.Write("mine/train/hau.csv", "sentence1,sentence2,score\na,b,1\n");

        var found = await DataFinder.ReadAsync([folder.File("mine")], new EvaluationOptions(), default);

        CollectionAssert.AreEqual(
            new[] { ("mine", "dev", "hau"), ("mine", "train", "hau") },
            found.Data.Select(d => (d.Name.TaskName, d.Name.Split, d.Name.Subset)).ToArray());
    }

    [TestMethod]
    public async Task Read_MiraclTrain_IsNotFiledAsDev()
    {
        const string Line = """{"query_id":"7","query":"who?","positive_passages":[{"docid":"1","title":"","text":"a"}]}""";

        Assert.AreEqual("train", (await DataFinderTests.ReadAsync<RetrievalData>("miracl-te-train.jsonl", Line)).Name.Split);
        Assert.AreEqual("dev", (await DataFinderTests.ReadAsync<RetrievalData>("miracl-te.json", Line + "\n" + Line)).Name.Split);
    }

    [TestMethod]
    public async Task Read_BadFilesOfAFolder_AreListedAndTheOthersGoOn()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data/hau_test.csv", "sentence1,sentence2,score\na,b,1\n");
        folder.Write("data/tel_test.csv", "sentence1,sentence2,score\na,b,high\n");
        folder.Write("data/world/corpus.jsonl", "{\"_id\":\"d\",\"text\":\"x\"}\n");
        folder.Write("data/world/queries.jsonl", "{\"_id\":\"q\",\"text\":\"x\"}\n");
        folder.Write("data/a/pairs.csv", "sentence1,sentence2,score\na,b,1\n");
        folder.Write("data/b/pairs.csv", "sentence1,sentence2,score\na,b,1\n");

        var found = await DataFinder.ReadAsync([folder.File("data")], new EvaluationOptions(), default);

        Assert.AreEqual("hau", found.Data.Single().Name.Subset);
        CollectionAssert.AreEquivalent(
            new[] { "tel_test.csv", "world", "pairs.csv", "pairs.csv" }, found.Unreadable.Select(u => Path.GetFileName(u.Path)).ToArray());
        StringAssert.Contains(found.Unreadable.Single(u => u.Path.EndsWith("tel_test.csv", StringComparison.Ordinal)).Reason, "\"high\"");
        StringAssert.Contains(found.Unreadable.Single(u => u.Path.EndsWith("world", StringComparison.Ordinal)).Reason, "no judgements");
        StringAssert.Contains(found.Unreadable[^1].Reason, "would both be filed as pairs");
    }
}
