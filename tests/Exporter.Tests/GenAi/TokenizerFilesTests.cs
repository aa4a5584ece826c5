
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

    [TestMethod]
    [DataRow("do_lower_case", "true", """{"type":"BertNormalizer","lowercase":false}""")]
    [DataRow("do_lower_case", "false", """{"type":"Sequence","normalizers":[{"type":"BertNormalizer","lowercase":true}]}""")]
    [DataRow("strip_accents", "false", """{"type":"BertNormalizer","lowercase":true,"strip_accents":null}""")]
    [DataRow("tokenize_chinese_chars", "false", """{"type":"BertNormalizer","lowercase":true,"handle_chinese_chars":true}""")]
    public void Read_TextsThatTransformersNormalisesOtherwise_AreRefused(string field, string value, string normalizer)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => Read($$"""{"normalizer":{{normalizer}} }""", $$"""{"tokenizer_class":"BertTokenizer","{{field}}":{{value}}}"""));

        StringAssert.Contains(error.Message, $"{field} is {value}, and the normalizer of tokenizer.json");
    }

    [TestMethod]
    [DataRow("""{"do_lower_case":true,"strip_accents":null,"tokenize_chinese_chars":true}""")]
    [DataRow("""{"do_lower_case":false,"tokenizer_class":"PreTrainedTokenizerFast"}""")]
    [DataRow("""{"add_bos_token":true,"add_eos_token":false,"add_prefix_space":false}""")]
    public void Read_FilesThatAgree_SayNothing(string config)
    {
        const string Tokenizer = """
            {"normalizer":{"type":"BertNormalizer","lowercase":true,"handle_chinese_chars":true},
             "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false},"post_processor":{"type":"Sequence","processors":[
             {"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}]}}
            """;

        Assert.IsEmpty(Read(Tokenizer, config).Notices);
    }

    [TestMethod]
    [DataRow("""{"add_bos_token":true}""", "{}", "add_bos_token is true, and tokenizer.json puts no token before a text")]
    [DataRow("""{"add_eos_token":false}""", """{"post_processor":{"type":"RobertaProcessing"}}""",
        "add_eos_token is false, and tokenizer.json puts a token after a text")]
    [DataRow("""{"add_eos_token":true}""", """
        {"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},{"Sequence":{"id":"A"}}]}}
        """, "add_eos_token is true, and tokenizer.json puts no token after a text")]
    [DataRow("""{"add_prefix_space":true}""", """{"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false}}""",
        "add_prefix_space is true, and tokenizer.json puts no space before a text")]
    public void Read_TokensThatTokenizerJsonPutsOtherwise_AreNamed(string config, string tokenizer, string notice)
    {
        StringAssert.Contains(Read(tokenizer, config).Notices.Single(), notice);
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
