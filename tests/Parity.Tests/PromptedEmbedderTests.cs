using Microsoft.Extensions.AI;

namespace XlLoraOnnx.Parity.Tests;

/// <summary>Prompts of a checkpoint, through its export, to vectors: those of texts with the prompt written before them.</summary>
[TestClass]
public sealed class PromptedEmbedderTests
{
    private const string Settings = """{"prompts":{"query":"query: ","document":"The book: "},"default_prompt_name":"query"}""";
    private static readonly string[] Texts = ["The farmer reads.", "", "A child sings in the garden."];

    [TestMethod]
    public async Task EmbedAsync_EachPrompt_EqualsTextsWithThePromptBeforeThem()
    {
        using var folder = new TemporaryFolder();
        using var embedder = TextEmbedder.Load(Export(folder, Settings));
        using var bare = TextEmbedder.Load(Export(folder, "{}", "bare"));

        foreach (var (name, prompt) in new[] { ("query", "query: "), ("document", "The book: ") })
            AssertEqual(await bare.EmbedAsync(Before(prompt)), await embedder.EmbedWithPromptAsync(Texts, embedder.Prompts.Text(name)));
        AssertEqual(await bare.EmbedAsync(Before("query: ")), await embedder.EmbedAsync(Texts));
        AssertEqual(await bare.EmbedAsync(Texts), await embedder.EmbedWithPromptAsync(Texts, ""));
    }

    [TestMethod]
    public async Task GenerateAsync_PromptInTheOptions_IsWrittenBeforeTheTexts()
    {
        using var folder = new TemporaryFolder();
        var model = Export(folder, Settings);
        using var generator = new XlLoraEmbeddingGenerator(model);
        using var bare = TextEmbedder.Load(Export(folder, "{}", "bare"));

        async Task<float[]> Ask(string property, object value) => (await generator.GenerateAsync(
            [Texts[0]], new EmbeddingGenerationOptions { AdditionalProperties = new() { [property] = value } })).Single().Vector.ToArray();

        var expected = (await bare.EmbedAsync(["The book: " + Texts[0]])).Values.ToArray();
        AssertClose(expected, await Ask(EmbeddingPrompts.NameProperty, "document"));
        AssertClose(expected, await Ask(EmbeddingPrompts.PromptProperty, "The book: "));
        Assert.AreEqual("query", generator.GetService<EmbeddingPrompts>()!.DefaultName);
        var unknown = await Assert.ThrowsExactlyAsync<ArgumentException>(() => Ask(EmbeddingPrompts.NameProperty, "title"));
        StringAssert.Contains(unknown.Message, "\"document\", \"query\"");
        await Assert.ThrowsExactlyAsync<ArgumentException>(() => Ask(EmbeddingPrompts.PromptProperty, 7));
    }

    [TestMethod]
    public async Task EmbedAsync_WithACache_TellsPromptsApart()
    {
        using var folder = new TemporaryFolder();
        var options = new EmbeddingOptions { Cache = folder.File("cache") };
        var model = Export(folder, Settings);
        EmbeddingMatrix query;
        using (var embedder = TextEmbedder.Load(model, options))
        {
            query = await embedder.EmbedAsync(Texts);
            var document = await embedder.EmbedWithPromptAsync(Texts, "The book: ");
            Assert.AreEqual(0, embedder.Statistics.CachedTexts);
            CollectionAssert.AreNotEqual(query.Values.ToArray(), document.Values.ToArray());
            AssertEqual(document, await embedder.EmbedWithPromptAsync(Texts, "The book: "));
            Assert.AreEqual(Texts.Length, embedder.Statistics.CachedTexts);
        }

        using var other = TextEmbedder.Load(model, options with { PromptName = "document" });
        using var same = TextEmbedder.Load(model, options with { Prompt = "query: " });
        await other.EmbedAsync(Texts);
        AssertEqual(query, await same.EmbedAsync(Texts));

        Assert.AreEqual(Texts.Length, other.Statistics.CachedTexts, "asked before, by the call");
        Assert.AreEqual(Texts.Length, same.Statistics.CachedTexts);
        Assert.AreNotEqual(same.Fingerprint, other.Fingerprint);
    }

    [TestMethod]
    public async Task EmbedAsync_LowerCasingModel_LowersThePromptToo()
    {
        using var folder = new TemporaryFolder();
        using var embedder = TextEmbedder.Load(Export(folder, Settings, lowerCase: true));

        AssertEqual(await embedder.EmbedWithPromptAsync(Before("the book: "), ""), await embedder.EmbedWithPromptAsync(Texts, "THE Book: "));
    }

    [TestMethod]
    public void Load_PromptAndNameOrUnknownName_AreTheCallersFault()
    {
        using var folder = new TemporaryFolder();
        var model = Export(folder, Settings);

        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => TextEmbedder.Load(model, new() { PromptName = "title" })).Message, "\"query\"");
        Assert.Throws<ArgumentException>(() => TextEmbedder.Load(model, new() { Prompt = "x", PromptName = "query" }));
    }

    private static string[] Before(string prompt) => [.. Texts.Select(t => prompt + t)];

    private static string Export(TemporaryFolder folder, string settings, string name = "encoder", bool lowerCase = false)
    {
        var checkpoint = Path.Combine(Repository.Root, "onnx-models", "demo-encoder").CopyTo(folder, name + "-checkpoint");
        folder.Write(name + "-checkpoint/config_sentence_transformers.json", settings);
        if (lowerCase)
        {
            folder.Write(name + "-checkpoint/modules.json", """[{"path":"","type":"sentence_transformers.models.Transformer"}]""");
            folder.Write(name + "-checkpoint/sentence_bert_config.json", """{"do_lower_case":true}""");
        }
        return ModelExporter.Export(checkpoint, folder.File(name)).Folder;
    }

    private static void AssertEqual(EmbeddingMatrix expected, EmbeddingMatrix actual) =>
        AssertClose(expected.Values.ToArray(), actual.Values.ToArray());

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.HasCount(expected.Length, actual);
        for (var i = 0; i < expected.Length; i++)
            Assert.AreEqual(expected[i], actual[i], 1e-5f);
    }
}
