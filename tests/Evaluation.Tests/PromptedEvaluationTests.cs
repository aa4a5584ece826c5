using System.Text.Json;

namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class PromptedEvaluationTests
{
    private const string Retrieval =
        """{"corpus":{"d1":"rice grows","d2":"bread bakes"},"queries":{"q":"what grows"},"qrels":{"q":{"d1":1}}}""";

    private const string Pairs = "sentence1,sentence2,score\na cat,a dog,1\na man,a woman,4\nit rains,he runs,0\n";

    [TestMethod]
    public async Task Evaluate_ModelWithPrompts_AsksForEachKindOfText()
    {
        using var folder = new TemporaryFolder();
        var generator = ScriptedEmbeddingGenerator.OfWords();
        generator.Prompts = PromptChoiceTests.Prompts("query,document", "query");

        var report = await EmbeddingEvaluator.EvaluateAsync(
            generator, [folder.Write("r.json", Retrieval), folder.Write("p.csv", Pairs)], new() { BootstrapSamples = 0 });

        CollectionAssert.AreEquivalent(
            new[]
            {
                "query: what grows", "document: rice grows", "document: bread bakes",
                "query: a cat", "query: a dog", "query: a man", "query: a woman", "query: it rains", "query: he runs",
            },
            generator.Asked);
        CollectionAssert.AreEqual(
            new[] { new UsedPrompt("queries", "query: ", "query"), new UsedPrompt("documents", "document: ", "document") },
            report.Results.Single(r => r.Task == EvaluationTask.Retrieval).Prompts.ToArray());
        Assert.IsTrue(report.Results.Where(r => r.Task != EvaluationTask.Retrieval)
            .All(r => r.Prompts.Single() == new UsedPrompt("sentences", "query: ", "query")));
    }

    [TestMethod]
    public async Task Evaluate_GeneratorThatKnowsNoPrompts_IsGivenTheTextsWithThem()
    {
        using var folder = new TemporaryFolder();
        var generator = ScriptedEmbeddingGenerator.OfWords();

        await EmbeddingEvaluator.EvaluateAsync(
            generator, [folder.Write("r.json", Retrieval)], new() { QueryPrompt = "q: ", DocumentPrompt = "d: " });

        CollectionAssert.AreEquivalent(new[] { "q: what grows", "d: rice grows", "d: bread bakes" }, generator.Asked);
    }

    [TestMethod]
    public async Task Evaluate_EmptyPrompt_KeepsTheDefaultOneAway()
    {
        using var folder = new TemporaryFolder();
        var generator = ScriptedEmbeddingGenerator.OfWords();
        generator.Prompts = PromptChoiceTests.Prompts("query,document", "query");

        await EmbeddingEvaluator.EvaluateAsync(generator, [folder.Write("r.json", Retrieval)], new() { Prompt = "" });

        CollectionAssert.AreEquivalent(new[] { "what grows", "rice grows", "bread bakes" }, generator.Asked);
    }

    [TestMethod]
    public async Task Evaluate_PromptedModel_EqualsThatOfTextsWithThePromptBeforeThem()
    {
        using var folder = new TemporaryFolder();
        var prompted = ScriptedEmbeddingGenerator.OfWords();
        prompted.Prompts = PromptChoiceTests.Prompts("query,passage", null);
        var written = Retrieval.Replace("what grows", "query: what grows", StringComparison.Ordinal)
            .Replace("\"rice", "\"passage: rice", StringComparison.Ordinal)
            .Replace("\"bread", "\"passage: bread", StringComparison.Ordinal);

        var asked = await EmbeddingEvaluator.EvaluateAsync(prompted, [folder.Write("r.json", Retrieval)]);
        var bare = await EmbeddingEvaluator.EvaluateAsync(ScriptedEmbeddingGenerator.OfWords(), [folder.Write("w.json", written)]);

        CollectionAssert.AreEqual(
            bare.Results[0].Metrics.Select(m => m.Value).ToArray(), asked.Results[0].Metrics.Select(m => m.Value).ToArray());
    }

    [TestMethod]
    [DataRow(null, 0)]
    [DataRow("dot", 1)]
    [DataRow("manhattan", 1)]
    public async Task Evaluate_ModelOfAnotherSimilarity_SaysThatTheCosineIsMeasured(string? similarity, int notices)
    {
        using var folder = new TemporaryFolder();
        var generator = ScriptedEmbeddingGenerator.OfWords();
        generator.Similarity = similarity;

        var report = await EmbeddingEvaluator.EvaluateAsync(generator, [folder.Write("r.json", Retrieval)]);

        Assert.HasCount(notices, report.Notices);
        if (similarity is not null)
            StringAssert.Contains(report.Notices[0], $"by {similarity} (similarity_fn_name), which is not followed");
    }

    [TestMethod]
    public async Task Evaluate_OtherPrompts_AreAnotherRevisionAndInTheFiles()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("p.csv", Pairs);

        async Task<EvaluationReport> Run(EvaluationOptions options) =>
            await EmbeddingEvaluator.EvaluateAsync(ScriptedEmbeddingGenerator.OfWords(), [path], options with { BootstrapSamples = 0 });

        var (none, one, two) = (await Run(new()), await Run(new() { Prompt = "a: " }), await Run(new() { Prompt = "b: " }));
        var target = EmbeddingEvaluator.Write(one, folder.File("results"));

        Assert.AreEqual("0123456789ab", none.Revision);
        Assert.HasCount(3, new[] { none.Revision, one.Revision, two.Revision }.Distinct());
        foreach (var (file, line) in new[] { ("evaluation.jsonl", 1), ("p.test.default.sts.items.jsonl", 0) })
        {
            using var document = JsonDocument.Parse(File.ReadAllLines(Path.Combine(target, file))[line]);
            Assert.AreEqual("a: ", document.RootElement.GetProperty("prompts")[0].GetProperty("prompt").GetString(), file);
        }
    }
}
