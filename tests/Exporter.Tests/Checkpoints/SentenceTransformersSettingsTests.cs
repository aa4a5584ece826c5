namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class SentenceTransformersSettingsTests
{
    [TestMethod]
    public void Read_WithoutFile_SaysNothing()
    {
        using var folder = new TemporaryFolder();

        var settings = SentenceTransformersSettings.Read(folder.Path);

        Assert.IsEmpty(settings.Prompts);
        Assert.IsNull(settings.DefaultPrompt);
    }

    [TestMethod]
    public void Read_Prompts_AreThereByName()
    {
        var settings = Read("""{"prompts":{"query":"query: ","document":"","STS":null},"default_prompt_name":"query","model_type":"SentenceTransformer"}""");

        CollectionAssert.AreEqual(new[] { "STS", "document", "query" }, settings.Prompts.Keys.ToArray());
        Assert.AreEqual(("", "", "query: "), (settings.Prompts["STS"], settings.Prompts["document"], settings.DefaultPrompt));
    }

    [TestMethod]
    [DataRow("""{"default_prompt_name":"query"}""", "default_prompt_name is \"query\", which is none of its prompts (it has none)")]
    [DataRow("""{"prompts":{"a":"x"},"default_prompt_name":"b"}""", "(a)")]
    [DataRow("""{"prompts":{"a":7}}""", "prompts.a is 7, expected a string")]
    [DataRow("""{"prompts":["a"]}""", "expected an object")]
    public void Read_MalformedPrompts_AreRefusedWithTheField(string text, string reason) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(text)).Message, reason);

    [TestMethod]
    [DataRow("""{"truncate_dim":64}""", "truncate_dim is 64")]
    [DataRow("""{"model_type":"SparseEncoder"}""", "model_type is \"SparseEncoder\": one vector for each text")]
    [DataRow("""{"model_type":"CrossEncoder"}""", "model_type")]
    public void Read_WhatIsNotOneWholeVector_IsRefusedByName(string text, string reason) =>
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Read(text)).Message, reason);

    [TestMethod]
    [DataRow("null", null)]
    [DataRow("\"cosine\"", null)]
    [DataRow("\"dot\"", "dot")]
    public void Read_Similarity_IsKeptWhereItIsNotTheCosine(string value, string? expected) =>
        Assert.AreEqual(expected, Read($$"""{"similarity_fn_name":{{value}}}""").Similarity);

    /// <summary>The table in docs/evaluate.md: each field does what its row says.</summary>
    [TestMethod]
    public void Read_EachFieldOfThePage_DoesWhatItsRowSays()
    {
        var values = new Dictionary<string, string>
        {
            ["prompts"] = """{"a":"b"}""",
            ["default_prompt_name"] = "null",
            ["__version__"] = """{"sentence_transformers":"5.1.0"}""",
            ["model_type"] = "\"SparseEncoder\"",
            ["truncate_dim"] = "8",
            ["similarity_fn_name"] = "\"dot\"",
        };
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "evaluate.md"));
        var rows = page[page.IndexOf("What `export` makes of", StringComparison.Ordinal)..].Split('\n').Skip(4)
            .TakeWhile(l => l.StartsWith('|')).Select(l => l.Trim('|').Split('|')).ToArray();
        Assert.HasCount(4, rows);
        foreach (var (name, value) in values)
        {
            var word = rows.Single(r => r[0].Contains($"`{name}`", StringComparison.Ordinal))[1].Trim();
            var file = $$"""{"{{name}}":{{value}}}""";
            if (word == "refused")
                Assert.ThrowsExactly<NotSupportedException>(() => Read(file), name);
            else
                Assert.AreEqual(word == "ignored with a notice", Read(file).Similarity is not null, name);
        }
    }

    private static SentenceTransformersSettings Read(string text)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config_sentence_transformers.json", text);
        return SentenceTransformersSettings.Read(folder.Path);
    }
}
