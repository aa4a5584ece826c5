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
        var settings = Read("""{"prompts":{"query":"query: ","document":"","STS":null},"default_prompt_name":"query","model_type":"x"}""");

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
    public void Read_VectorsThatAreCut_AreRefusedByName() =>
        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => Read("""{"truncate_dim":64}""")).Message, "truncate_dim is 64");

    private static SentenceTransformersSettings Read(string text)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config_sentence_transformers.json", text);
        return SentenceTransformersSettings.Read(folder.Path);
    }
}
