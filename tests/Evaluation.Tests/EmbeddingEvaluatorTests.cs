
namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class EmbeddingEvaluatorTests
{
    private const string Pairs = """
        sentence1,sentence2,score
        the cat sits here,the cat sits there,4
        the cat sits here,the cat sits here,5
        a dog runs,the cat sits here,0
        a dog runs,a dog runs fast,5
        birds sing now,a dog sleeps,1
        birds sing now,many birds sing,3.5
        """;

    [TestMethod]
    public async Task Evaluate_Pairs_GivesTheCorrelationsOfMteb()
    {
        using var folder = new TemporaryFolder();
        var embedder = ScriptedEmbeddingGenerator.OfWords();

        var report = await EmbeddingEvaluator.EvaluateAsync(
            embedder, [folder.Write("pairs.csv", Pairs)], new() { Task = EvaluationTask.Sts });

        var result = report.Results.Single();
        CollectionAssert.AreEqual(
            new[]
            {
                "pearson", "spearman", "cosine_pearson", "cosine_spearman", "manhattan_pearson", "manhattan_spearman", "euclidean_pearson",
                "euclidean_spearman",
            },
            result.Metrics.Select(m => m.Name).ToArray());
        var cosine = result.ItemScores["cosine"];
        Assert.AreEqual(1, cosine[1]);
        Assert.AreEqual(Correlation.Spearman([4, 5, 0, 5, 1, 3.5], cosine), result.MainScore, 1e-12);
        Assert.AreEqual(result.MainScore, result["spearman"].Value);
        Assert.AreEqual("0123456789ab", report.Revision);
        Assert.AreEqual(embedder.Asked.Count, embedder.Asked.Distinct().Count(), "texts that occur again are not embedded again");
        Assert.HasCount(7, embedder.Asked);
    }

    [TestMethod]
    public async Task Evaluate_Twice_GivesTheSameIntervals()
    {
        using var folder = new TemporaryFolder();
        string[] paths = [Repository.Demo("world", "sts.csv")];
        var embedder = ScriptedEmbeddingGenerator.OfWords();

        var first = await EmbeddingEvaluator.EvaluateAsync(embedder, paths, new() { Task = EvaluationTask.Sts });
        var second = await EmbeddingEvaluator.EvaluateAsync(embedder, paths, new() { Task = EvaluationTask.Sts });

        var metric = first.Results[0]["cosine_spearman"];
        Assert.AreEqual(metric, second.Results[0]["cosine_spearman"]);
        Assert.IsTrue(metric.Interval!.Low < metric.Value && metric.Value < metric.Interval.High);
    }

    [TestMethod]
    public async Task Evaluate_Demonstration_MeasuresAllThree()
    {
        var report = await EmbeddingEvaluator.EvaluateAsync(
            ScriptedEmbeddingGenerator.OfWords(), [Repository.Demo("world")], new() { BootstrapSamples = 50 });

        CollectionAssert.AreEquivalent(
            new[] { EvaluationTask.Retrieval, EvaluationTask.Sts, EvaluationTask.Alignment }, report.Results.Select(r => r.Task).ToArray());
        var retrieval = report.Results.Single(r => r.Task == EvaluationTask.Retrieval);
        Assert.AreEqual(180, retrieval.Items);
        // Every document is within the first 600, so that all relevant ones are found.
        Assert.AreEqual(1, retrieval["recall_at_1000"].Value);
        var alignment = report.Results.Single(r => r.Task == EvaluationTask.Alignment);
        StringAssert.Contains(alignment.Findings.Single(), "score of 5 or more, uniformity over all 800 sentences");
        Assert.IsNull(alignment["uniformity"].Interval);
        Assert.HasCount(3, report.TaskMeans);
    }

    [TestMethod]
    public async Task Evaluate_Retrieval_BreaksTiesByDescendingId()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("r.json", """
            {"corpus":{"d1":"same words","d2":"same words","d3":"other"},"queries":{"q":"same words"},"qrels":{"q":{"d1":1}}}
            """);

        var report = await EmbeddingEvaluator.EvaluateAsync(ScriptedEmbeddingGenerator.OfWords(), [path]);

        Assert.AreEqual(0.5, report.Results[0]["mrr_at_10"].Value, "d2 ties with d1 and comes first");
    }

    [TestMethod]
    public async Task Evaluate_AlignmentThreshold_ChoosesThePairs()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("pairs.csv", Pairs);

        async Task<int> Items(double? threshold) => (await EmbeddingEvaluator.EvaluateAsync(
            ScriptedEmbeddingGenerator.OfWords(), [path], new() { Task = EvaluationTask.Alignment, AlignmentThreshold = threshold }))
            .Results.Single().Items;

        Assert.AreEqual(2, await Items(null));
        Assert.AreEqual(4, await Items(3.5));
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => Items(6));
        StringAssert.Contains(e.Message, "the highest is 5");
    }

    [TestMethod]
    public async Task Evaluate_ConstantEmbedder_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("pairs.csv", Pairs);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => EmbeddingEvaluator.EvaluateAsync(new ScriptedEmbeddingGenerator(_ => [1, 2]), [path]));

        StringAssert.Contains(e.Message, "same vector");
    }

    [TestMethod]
    [DataRow(float.NaN, "gave NaN at place 1")]
    [DataRow(float.NegativeInfinity, "at place 1")]
    [DataRow(0f, "length 0")]
    public async Task Evaluate_BadVector_IsRefusedWithItsText(float value, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("pairs.csv", Pairs);
        var embedder = new ScriptedEmbeddingGenerator(t => t == "a dog sleeps" ? [0, value] : [1, t.Length]);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => EmbeddingEvaluator.EvaluateAsync(embedder, [path]));

        StringAssert.Contains(e.Message, "\"a dog sleeps\"");
        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    [DataRow("sentence1,sentence2,score\na,b,1\nc,d,2\n", "has 2 pairs")]
    [DataRow("sentence1,sentence2,score\na,b,1\nc,d,1\ne,f,1\n", "all 3 pairs have the score 1")]
    public async Task Evaluate_PairsThatSayNothing_AreRefused(string text, string reason)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("pairs.csv", text);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => EmbeddingEvaluator.EvaluateAsync(ScriptedEmbeddingGenerator.OfWords(), [path]));

        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    public async Task Evaluate_NothingForTheTask_IsRefusedWithWhatWasFound()
    {
        using var folder = new TemporaryFolder();
        folder.Write("notes.txt", "x");
        folder.Write("pairs.csv", Pairs);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => EmbeddingEvaluator.EvaluateAsync(
            ScriptedEmbeddingGenerator.OfWords(), [folder.Path], new() { Task = EvaluationTask.Retrieval }));

        StringAssert.Contains(e.Message, "retrieval");
        StringAssert.Contains(e.Message, "notes.txt left out");
    }

    [TestMethod]
    [DataRow("hau")]
    [DataRow("hau_Latn")]
    [DataRow("Hausa-Latn")]
    public async Task Evaluate_LanguageNotAsMtebWritesIt_IsRefused(string language)
    {
        await Assert.ThrowsExactlyAsync<ArgumentException>(
            () => EmbeddingEvaluator.EvaluateAsync(ScriptedEmbeddingGenerator.OfWords(), ["x"], new() { Languages = [language] }));
    }
}
