
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class TokenizerFilesTests
{
    [TestMethod]
    public void CanaryIds_Always_AreOrdinaryTokensAfterTheFirst()
    {
        var files = Read("""{"added_tokens":[{"id":20},{"id":40},{"id":41}]}""", "{}");

        var ids = files.CanaryIds(bosTokenId: 2, vocabSize: 180, special: [60, 0]);

        CollectionAssert.AreEqual((int[])[2, 21, 42, 61, 80, 100, 120, 140, 160], ids.ToArray());
    }

    [TestMethod]
    public void CanaryIds_TinyVocabulary_RepeatsNothing()
    {
        var ids = Read("{}", "{}").CanaryIds(0, 4, [1]);

        CollectionAssert.AreEquivalent((int[])[0, 2, 3], ids.ToArray());
        Assert.AreEqual(0, ids[0]);
    }

    [TestMethod]
    [DataRow("""{"chat_template":"x"}""", null, true)]
    [DataRow("""{"chat_template":null}""", null, false)]
    [DataRow("{}", null, false)]
    [DataRow("{}", "chat_template.jinja", true)]
    [DataRow("{}", "chat_template.json", true)]
    public void HasChatTemplate_AnyOfThreePlaces_IsFound(string config, string? template, bool expected)
    {
        var files = Read("{}", config, template);

        Assert.AreEqual(expected, files.HasChatTemplate);
        Assert.AreEqual(template is not null, files.Paths.Any(p => Path.GetFileName(p) == template));
    }

    [TestMethod]
    public void Read_MissingFiles_NamesThem()
    {
        using var folder = new TemporaryFolder();

        var error = Assert.ThrowsExactly<FileNotFoundException>(() => TokenizerFiles.Read(folder.Path));

        StringAssert.Contains(error.Message, "tokenizer.json and tokenizer_config.json");
    }

    private static TokenizerFiles Read(string tokenizer, string config, string? template = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write("tokenizer.json", tokenizer);
        folder.Write("tokenizer_config.json", config);
        if (template is not null)
            folder.Write(template, "{}");
        return TokenizerFiles.Read(folder.Path);
    }
}
