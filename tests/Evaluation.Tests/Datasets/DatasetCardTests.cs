namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class DatasetCardTests
{
    private const string Pairs = "sentence1,sentence2,score\na,b,1\n";

    [TestMethod]
    public async Task Read_FilesOfConfigs_AreFiledAsTheCardSays()
    {
        var found = await ReadAsync("""
            ---
            language: de
            license: cc-by-4.0
            configs:
            - config_name: default
              data_files:
              - split: val
                path: "data/a-*.csv"
              - split: train
                path:
                - data/b.csv
                - data/c.csv
            - config_name: ko-ko
              data_dir: data
              data_files: "**/d.csv"
            ---
            # About
            """, "a-0.csv", "b.csv", "d.csv", "dev-fr.csv");

        CollectionAssert.AreEqual(
            new[]
            {
                ("a-0.csv", "validation", "default", "deu-Latn"), ("b.csv", "train", "default", "deu-Latn"),
                ("d.csv", "test", "ko-ko", "kor-Hang"), ("dev-fr.csv", "dev", "fr", "fra-Latn"),
            },
            found.Data.Select(d => (Path.GetFileName(d.Source), d.Name.Split, d.Name.Subset, d.Name.Languages.Single())).ToArray());
        Assert.IsEmpty(found.Notices);
        Assert.IsEmpty(found.Skipped);
        Assert.IsEmpty(found.Unreadable);
    }

    [TestMethod]
    [DataRow("configs:\n- config_name: x\n  sep: \"\\t\"", "configs[].sep is not followed; how a file is written is seen")]
    [DataRow("configs:\n- config_name: x\n  data_files:\n  - split: test\n    path: a.csv\n    revision: 3", "data_files[].revision is not")]
    [DataRow("made_by: me", "made_by is not followed")]
    public async Task Read_FieldsThatAreNotFollowed_AreSaid(string yaml, string notice)
    {
        var found = await ReadAsync($"---\n{yaml}\n---\n", "a.csv");

        StringAssert.Contains(found.Notices.Single(), notice);
        Assert.HasCount(1, found.Data);
    }

    [TestMethod]
    [DataRow("configs:\n- config_name: x\n  data_files: hf://datasets/a/b.csv", "\"hf://datasets/a/b.csv\"; only files of the folder")]
    [DataRow("configs:\n- data_files: ../b.csv", "\"../b.csv\"")]
    [DataRow("configs: all", "configs is no list")]
    [DataRow("configs:\n- all", "must hold objects")]
    [DataRow("a: [1", "not valid YAML")]
    public async Task Read_CardThatCannotBeFollowed_IsListedAndTheDataGoesOn(string yaml, string reason)
    {
        var found = await ReadAsync($"---\n{yaml}\n---\n", "a.csv");

        Assert.AreEqual("README.md", Path.GetFileName(found.Unreadable.Single().Path));
        StringAssert.Contains(found.Unreadable[0].Reason, reason);
        Assert.HasCount(1, found.Data);
    }

    [TestMethod]
    public async Task Read_DeepYaml_IsRefusedNotFollowed()
    {
        var found = await ReadAsync($"---\na: {new string('[', 100_000)}\n---\n", "a.csv");

        StringAssert.Contains(found.Unreadable.Single().Reason, "nested deeper than 32 levels");
    }

    [TestMethod]
    [DataRow("data_files: [[a.csv]]", "must hold objects")]
    [DataRow("data_files:\n  - path: [[a.csv]]", "path is no text")]
    public async Task Read_ListsWithinLists_AreNotFollowed(string config, string reason)
    {
        var found = await ReadAsync($"---\nconfigs:\n- config_name: x\n  {config}\n---\n", "a.csv");

        StringAssert.Contains(found.Unreadable.Single().Reason, reason);
    }

    [TestMethod]
    public async Task Read_AliasesThatMultiply_AreBounded()
    {
        var files = string.Join(", ", Enumerable.Repeat("a.csv", 500));
        var configs = string.Concat(Enumerable.Range(0, 100).Select(i => $"- config_name: c{i}\n  data_files: *files\n"));

        var found = await ReadAsync($"---\nversion: &files [{files}]\nconfigs:\n{configs}---\n", "a.csv");

        StringAssert.Contains(found.Unreadable.Single().Reason, "data_files has more than 10000 entries");
    }

    [TestMethod]
    [DataRow("qrels", "default")]
    [DataRow("default", "default")]
    [DataRow("fr-qrels", "fr")]
    public async Task Read_CardOfABeirFolder_SaysLanguageAndSubsetAndWhatIsNotFollowed(string config, string subset)
    {
        using var folder = new TemporaryFolder();
        folder.Write("world/README.md", $"""
            ---
            language:
            - ha
            made_by: me
            configs:
            - config_name: corpus
              data_files: corpus.jsonl
            - config_name: {config}
              data_files:
              - split: dev
                path: qrels/test.tsv
            ---
            """);
        folder.Write("world/corpus.jsonl", "{\"_id\":\"d\",\"text\":\"a\"}\n");
        folder.Write("world/queries.jsonl", "{\"_id\":\"q\",\"text\":\"b\"}\n");
        folder.Write("world/qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\td\t1\n");

        var found = await DataFinder.ReadAsync([folder.File("world")], new EvaluationOptions(), default);

        var name = found.Data.Single().Name;
        Assert.AreEqual(("world", "test", subset), (name.TaskName, name.Split, name.Subset), "the name of the judgements comes first");
        Assert.AreEqual(subset == "fr" ? "fra-Latn" : "hau-Latn", name.Languages.Single());
        StringAssert.Contains(found.Notices.Single(), "made_by is not followed");
        Assert.IsEmpty(found.Unreadable);
    }

    [TestMethod]
    public async Task Read_ReadmeWithoutMetadata_IsNoCard()
    {
        var found = await ReadAsync("# About\n---\n", "a.csv");

        StringAssert.Contains(found.Skipped.Single(), "README.md left out");
    }

    [TestMethod]
    public void Table_OfThePage_IsThatOfTheReader()
    {
        var page = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "evaluate.md"));
        var words = new Dictionary<string, FieldUse>
        {
            ["used"] = FieldUse.Used,
            ["neutral"] = FieldUse.Neutral,
            ["refused"] = FieldUse.Refused,
            ["ignored with a notice"] = FieldUse.Ignored,
        };
        var described = page.Where(l => l.StartsWith("| card", StringComparison.Ordinal)).SelectMany(l =>
        {
            var cells = l.Trim('|').Split('|').Select(c => c.Trim()).ToArray();
            return cells[1].Split(", ").Select(f => (cells[0], f.Trim('`'), words[cells[2]]));
        }).ToArray();

        var read = new[]
        {
            ("card", DatasetCardFields.OfCard), ("card `configs[]`", DatasetCardFields.OfConfig),
            ("card `configs[].data_files[]`", DatasetCardFields.OfDataFile),
        }.SelectMany(t => t.Item2.Select(f => (t.Item1, f.Key, f.Value))).ToArray();
        CollectionAssert.AreEquivalent(read, described);
    }

    private static async Task<FoundData> ReadAsync(string card, params string[] files)
    {
        using var folder = new TemporaryFolder();
        folder.Write("mine/README.md", card);
        foreach (var file in files)
            folder.Write("mine/data/" + file, Pairs);
        return await DataFinder.ReadAsync([folder.File("mine")], new EvaluationOptions(), default);
    }
}
