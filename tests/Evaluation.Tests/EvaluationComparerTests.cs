using System.Xml.Linq;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class EvaluationComparerTests
{
    [TestMethod]
    public async Task Compare_AModelWithItself_FindsNothing()
    {
        using var folder = new TemporaryFolder();
        var a = await WriteAsync(folder, "a", ScriptedEmbeddingGenerator.OfWords());

        var report = await EvaluationComparer.CompareAsync(a, a);

        Assert.HasCount(5, report.Metrics);
        Assert.IsTrue(report.Metrics.All(m => m is { Difference: 0, PValue: 1, IsReal: false }));
        StringAssert.Contains(report.Metrics[0].Verdict, "no difference that");
        Assert.IsEmpty(report.Unmatched);
    }

    [TestMethod]
    public async Task Compare_AGoodAndARandomModel_SaysWhichIsBetterEitherWay()
    {
        using var folder = new TemporaryFolder();
        folder.Write("data/pairs.csv", EvaluationFilesTests.PairsOf(40));
        folder.Write("data/search.json", SearchOf(40));
        var data = folder.File("data");
        var good = await WriteAsync(folder, "good", ScriptedEmbeddingGenerator.OfWords(), data);
        var random = await WriteAsync(folder, "random", new ScriptedEmbeddingGenerator(Random), data);

        var forward = (await EvaluationComparer.CompareAsync(good, random)).Metrics;
        var backward = (await EvaluationComparer.CompareAsync(random, good)).Metrics;

        var ndcg = forward.Single(m => m.Metric == "ndcg_at_10");
        Assert.AreEqual("A is better", ndcg.Verdict);
        Assert.IsLessThan(0.001, ndcg.PValue);
        Assert.AreEqual("B is better", backward.Single(m => m.Metric == "ndcg_at_10").Verdict);
        var alignment = forward.Single(m => m.Metric == "alignment");
        Assert.IsTrue(alignment.LowerIsBetter);
        Assert.IsGreaterThan(0, alignment.PValue);
    }

    [TestMethod]
    [DataRow(0.2, false, "B is better")]
    [DataRow(0.2, true, "A is better")]
    [DataRow(-0.2, false, "A is better")]
    [DataRow(-0.2, true, "B is better")]
    [DataRow(0.05, false, "no difference that 9 items could show")]
    public void Verdict_OfADifference_KnowsWhatIsBetter(double difference, bool lowerIsBetter, string verdict)
    {
        var metric = new MetricComparison
        {
            TaskName = "t",
            Split = "test",
            Subset = "default",
            Metric = "m",
            LowerIsBetter = lowerIsBetter,
            Items = 9,
            A = 0,
            B = difference,
            Interval = new ScoreInterval(difference - 0.1, difference + 0.1),
            PValue = 0.01,
        };

        Assert.AreEqual(verdict, metric.Verdict);
    }

    [TestMethod]
    public async Task Compare_OtherData_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var a = await WriteAsync(folder, "a", ScriptedEmbeddingGenerator.OfWords(), folder.Write("x/pairs.csv", EvaluationFilesTests.PairsOf(20)));
        var b = await WriteAsync(folder, "b", ScriptedEmbeddingGenerator.OfWords(), folder.Write("y/pairs.csv", EvaluationFilesTests.PairsOf(21)));
        var c = await WriteAsync(folder, "c", ScriptedEmbeddingGenerator.OfWords(), folder.Write("z/other.csv", EvaluationFilesTests.PairsOf(20)));

        var items = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => EvaluationComparer.CompareAsync(a, b));
        var names = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => EvaluationComparer.CompareAsync(a, c));

        StringAssert.Contains(items.Message, "only evaluations of the same data");
        StringAssert.Contains(names.Message, "no result of the same data");
    }

    [TestMethod]
    public async Task Compare_FoldersThatCannotBe_AreRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x/pairs.csv", EvaluationFilesTests.PairsOf(20));
        await WriteAsync(folder, "two", ScriptedEmbeddingGenerator.OfWords(name: "one"), path);
        var two = await WriteAsync(folder, "two", ScriptedEmbeddingGenerator.OfWords(name: "other"), path);
        folder.Write("bad/x.items.jsonl", "{\"xllora_items\":2}\n");
        folder.Write("empty/readme.txt", "");

        foreach (var (bad, reason) in new[] { ("bad", "is not the header"), ("empty", "has no *.items.jsonl"), ("two", "several models") })
        {
            var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => EvaluationComparer.CompareAsync(folder.File(bad), two));
            StringAssert.Contains(e.Message, reason);
        }
        await Assert.ThrowsExactlyAsync<DirectoryNotFoundException>(() => EvaluationComparer.CompareAsync(folder.File("gone"), two));
    }

    [TestMethod]
    public async Task ToSvg_NamesFromElsewhere_AreEscapedAndNothingIsLoaded()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x/pairs.csv", EvaluationFilesTests.PairsOf(20));
        var a = await WriteAsync(folder, "a", ScriptedEmbeddingGenerator.OfWords(name: "<script>&\"\u0001\uFFFF"), path);

        var svg = (await EvaluationComparer.CompareAsync(a, a)).ToSvg();

        var root = XDocument.Parse(svg).Root!;
        Assert.AreEqual("svg", root.Name.LocalName);
        Assert.IsFalse(root.Descendants().Any(e => e.Name.LocalName is "script" or "image" or "use"));
        StringAssert.Contains(svg, "&lt;script&gt;&amp;");
        StringAssert.Contains(svg, "prefers-color-scheme: dark");
        Assert.IsFalse(svg.Replace("http://www.w3.org/2000/svg", "").Contains("http", StringComparison.Ordinal));
    }

    private static float[] Random(string text) =>
        [.. Enumerable.Range(0, 6).Select(i => CounterRandom.Below(2001, (ulong)text.Length, text[^1], (ulong)i) / 1000f - 1)];

    private static string SearchOf(int count)
    {
        string Each(Func<int, string> entry) => string.Join(',', Enumerable.Range(0, count).Select(entry));
        return $"{{\"corpus\":{{{Each(i => $"\"d{i}\":\"word{i} word{i + 100} filler\"")}}}," +
            $"\"queries\":{{{Each(i => $"\"q{i}\":\"word{i} word{i + 100}\"")}}}," +
            $"\"qrels\":{{{Each(i => $"\"q{i}\":{{\"d{i}\":1}}")}}}}}";
    }

    private static async Task<string> WriteAsync(TemporaryFolder folder, string name, ScriptedEmbeddingGenerator model, string? data = null)
    {
        var report = await EmbeddingEvaluator.EvaluateAsync(model, [data ?? Repository.Demo("world")], new() { BootstrapSamples = 0 });
        EmbeddingEvaluator.Write(report, folder.File(name));
        return folder.File(name);
    }
}
