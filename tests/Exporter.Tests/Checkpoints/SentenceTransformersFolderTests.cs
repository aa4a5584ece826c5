
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class SentenceTransformersFolderTests
{
    private const string Modules = """
        [{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
         {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
         {"idx":2,"name":"2","path":"2_Normalize","type":"sentence_transformers.models.Normalize"}]
        """;

    [TestMethod]
    public void Read_WithoutModules_IsNone()
    {
        using var folder = new TemporaryFolder();

        Assert.IsNull(SentenceTransformersFolder.Read(folder.Path));
    }

    [TestMethod]
    [DataRow("cls_token", EmbeddingPooling.Cls)]
    [DataRow("mean_tokens", EmbeddingPooling.Mean)]
    [DataRow("max_tokens", EmbeddingPooling.Max)]
    [DataRow("lasttoken", EmbeddingPooling.Last)]
    public void Read_PublishedLayout_SaysHowVectorsAreMade(string mode, EmbeddingPooling pooling)
    {
        using var folder = Folder(Modules, $$"""{"word_embedding_dimension":64,"pooling_mode_{{mode}}":true,"pooling_mode_other":false}""");
        folder.Write("sentence_bert_config.json", """{"max_seq_length":77,"do_lower_case":true}""");
        folder.Write("config_sentence_transformers.json", """{"prompts":{"query":"query: ","none":""},"default_prompt_name":"query"}""");

        var read = SentenceTransformersFolder.Read(folder.Path)!;

        Assert.AreEqual((pooling, true, 77, true, "query: "),
            (read.Pooling!.Value, read.Normalize, read.MaxSequenceLength!.Value, read.DoLowerCase, read.Prompt));
    }

    [TestMethod]
    public void Read_ModulesAlone_LeaveTheRestOpen()
    {
        using var folder = new TemporaryFolder();
        folder.Write("modules.json", """[{"path":"","type":"sentence_transformers.models.Transformer"}]""");

        var read = SentenceTransformersFolder.Read(folder.Path)!;

        Assert.AreEqual((null, false, null, false, null),
            (read.Pooling, read.Normalize, read.MaxSequenceLength, read.DoLowerCase, read.Prompt));
    }

    [TestMethod]
    [DataRow("Normalize", "Dense", "Dense")]
    [DataRow("Pooling", "WeightedLayerPooling", "WeightedLayerPooling")]
    [DataRow("models.Normalize", "models.Pooling", "order")]
    [DataRow("\"path\":\"\"", "\"path\":\"0_Transformer\"", "0_Transformer")]
    public void Read_ModulesThatNoGraphHas_AreRefusedByName(string old, string changed, string named)
    {
        using var folder = Folder(Modules.Replace(old, changed, StringComparison.Ordinal), """{"pooling_mode_mean_tokens":true}""");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path));

        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "--pooling");
    }

    [TestMethod]
    [DataRow("""{"pooling_mode_mean_sqrt_len_tokens":true}""", "mean_sqrt_len")]
    [DataRow("""{"pooling_mode_weightedmean_tokens":true}""", "weightedmean")]
    [DataRow("""{"pooling_mode_mean_tokens":true,"pooling_mode_cls_token":true}""", "pooling_mode_cls_token")]
    [DataRow("""{"pooling_mode_mean_tokens":false}""", "[]")]
    [DataRow("""{"pooling_mode_mean_tokens":true,"include_prompt":false}""", "include_prompt")]
    public void Read_PoolingsThatNoGraphHas_AreRefusedByName(string pooling, string named)
    {
        using var folder = Folder(Modules, pooling);

        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path)).Message, named);
    }

    [TestMethod]
    [DataRow("{}")]
    [DataRow("[1]")]
    [DataRow("""[{"path":""}]""")]
    [DataRow("""[{"path":"","type":"Transformer"},{"path":"../1_Pooling","type":"Pooling"}]""")]
    [DataRow("""[{"path":"","type":"Transformer"},{"path":"/etc","type":"Pooling"}]""")]
    public void Read_MalformedModules_AreRefused(string modules)
    {
        using var folder = Folder(modules, "{}");

        StringAssert.Contains(
            Assert.ThrowsExactly<InvalidDataException>(() => SentenceTransformersFolder.Read(folder.Path)).Message, "modules.json");
    }

    [TestMethod]
    public void Read_PromptThatIsNotThere_IsMalformed()
    {
        using var folder = Folder(Modules, """{"pooling_mode_mean_tokens":true}""");
        folder.Write("config_sentence_transformers.json", """{"default_prompt_name":"query"}""");

        Assert.ThrowsExactly<InvalidDataException>(() => SentenceTransformersFolder.Read(folder.Path));
    }

    private static TemporaryFolder Folder(string modules, string pooling)
    {
        var folder = new TemporaryFolder();
        folder.Write("modules.json", modules);
        folder.Write("1_Pooling/config.json", pooling);
        return folder;
    }
}
