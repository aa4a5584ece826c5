using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class EvaluationFilesTests
{
    [TestMethod]
    public async Task Write_Report_IsWhatMtebLoads()
    {
        using var folder = new TemporaryFolder();
        folder.Write("SemRel2024/hau_test.csv", PairsOf(20));
        folder.Write("SemRel2024/tel_test.csv", PairsOf(30));
        var report = await EmbeddingEvaluator.EvaluateAsync(
            ScriptedEmbeddingGenerator.OfWords(), [folder.File("SemRel2024")], new() { BootstrapSamples = 0 });

        var target = EmbeddingEvaluator.Write(report, folder.File("results"));

        Assert.AreEqual(folder.File("results/acme__scripted/0123456789ab"), target);
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "SemRel24STS.json")));
        var task = document.RootElement;
        // Names and kinds that mteb's TaskResult requires.
        Assert.AreEqual("SemRel24STS", task.GetProperty("task_name").GetString());
        StringAssert.StartsWith(task.GetProperty("dataset_revision").GetString(), "sha256:");
        Assert.AreEqual(JsonValueKind.Null, task.GetProperty("mteb_version").ValueKind);
        Assert.AreEqual(JsonValueKind.Number, task.GetProperty("evaluation_time").ValueKind);
        Assert.AreEqual(JsonValueKind.Null, task.GetProperty("kg_co2_emissions").ValueKind);
        Assert.IsGreaterThan(1.7e9, task.GetProperty("date").GetDouble());
        Assert.AreEqual("test", task.GetProperty("evaluation_phases")[0].GetProperty("split").GetString());
        var scores = task.GetProperty("scores").GetProperty("test");
        CollectionAssert.AreEqual(
            new[] { "hau", "tel" }, scores.EnumerateArray().Select(s => s.GetProperty("hf_subset").GetString()).ToArray());
        CollectionAssert.AreEqual(
            new[]
            {
                "pearson", "spearman", "cosine_pearson", "cosine_spearman", "manhattan_pearson", "manhattan_spearman", "euclidean_pearson",
                "euclidean_spearman", "main_score", "hf_subset", "languages",
            },
            scores[0].EnumerateObject().Select(p => p.Name).ToArray());
        Assert.AreEqual("tel-Telu", scores[1].GetProperty("languages")[0].GetString());
        Assert.AreEqual(report.Results.First(r => r.Subset == "tel").MainScore, scores[1].GetProperty("main_score").GetDouble(), 5.1e-7);
        StringAssert.Matches(scores[0].GetProperty("manhattan_pearson").GetRawText(), new(@"^-?0(\.\d{1,6})?$"));
        using var meta = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "model_meta.json")));
        Assert.AreEqual("acme/scripted", meta.RootElement.GetProperty("name").GetString());
        Assert.IsEmpty(Directory.GetFiles(target, "*.partial"));
    }

    [TestMethod]
    public async Task Write_Retrieval_HasMtebsNamesAndAFileOfItems()
    {
        using var folder = new TemporaryFolder();
        var report = await EmbeddingEvaluator.EvaluateAsync(
            ScriptedEmbeddingGenerator.OfWords(name: "plain"), [Repository.Demo("world")], new() { BootstrapSamples = 0, Languages = ["mul-Zyyy"] });

        var target = EmbeddingEvaluator.Write(report, folder.Path);

        Assert.AreEqual("local__plain", Path.GetFileName(Path.GetDirectoryName(target)));
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(target, "retrieval.json")));
        var scores = document.RootElement.GetProperty("scores").GetProperty("test")[0];
        string[] names = ["ndcg_at_10", "map_at_100", "recall_at_10", "precision_at_1", "mrr_at_1000", "hit_rate_at_5", "accuracy"];
        foreach (var name in names)
            Assert.AreEqual(JsonValueKind.Number, scores.GetProperty(name).ValueKind, name);
        Assert.AreEqual(scores.GetProperty("ndcg_at_10").GetDouble(), scores.GetProperty("main_score").GetDouble());
        Assert.IsFalse(File.Exists(Path.Combine(target, "stsAlignment.json")));
        Assert.HasCount(181, File.ReadAllLines(Path.Combine(target, "retrieval.test.default.retrieval.items.jsonl")));
        Assert.HasCount(401, File.ReadAllLines(Path.Combine(target, "sts.test.default.sts.items.jsonl")));
        Assert.IsTrue(File.Exists(Path.Combine(target, "sts.test.default.alignment.items.jsonl")));
    }

    [TestMethod]
    public async Task Write_FolderWithBadFiles_ListsEachInTheReportFile()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data/hau_test.csv", PairsOf(20));
        folder.Write("data/tel_test.csv", "sentence1,sentence2,score\na,b,1\nc,d,2\n");
        folder.Write("data/mar_test.csv", "sentence1,sentence2,score\na,b,x\n");
        folder.Write("data/notes.txt", "x");
        var report = await EmbeddingEvaluator.EvaluateAsync(
            ScriptedEmbeddingGenerator.OfWords(), [folder.File("data")], new() { BootstrapSamples = 0, Task = EvaluationTask.Sts });

        var target = EmbeddingEvaluator.Write(report, folder.File("results"));

        var lines = File.ReadAllLines(Path.Combine(target, "evaluation.jsonl")).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.AreEqual("acme/scripted", lines[0].GetProperty("model").GetString());
        CollectionAssert.AreEqual(
            new[] { "measured", "unreadable", "unreadable", "left_out" },
            lines.Skip(1).Select(l => l.GetProperty("status").GetString()).ToArray());
        var reasons = lines.Where(l => l.TryGetProperty("reason", out _)).Select(l => l.GetProperty("reason").GetString()!).ToArray();
        StringAssert.Contains(reasons[0], "the score is \"x\"");
        StringAssert.Contains(reasons[1], "has 2 pairs");
        StringAssert.Contains(reasons[2], "notes.txt");
        Assert.AreEqual(report.Results.Single().MainScore, lines[1].GetProperty("cosine_spearman").GetDouble());
    }

    internal static string PairsOf(int count) => "sentence1,sentence2,score\n" + string.Concat(Enumerable.Range(0, count).Select(i =>
        $"word{i} word{i + 1} word{i + 2},word{i} {(i % 3 > 0 ? $"word{i + 1}" : "x")} " +
        $"{(i % 3 > 1 ? $"word{i + 2}" : $"y{i}")},{i % 3 + i % 7 / 10.0}\n"));
}
