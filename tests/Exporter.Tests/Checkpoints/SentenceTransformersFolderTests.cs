
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
    public void Read_PublishedLayout_SaysHowVectorsAreMade()
    {
        using var folder = Folder(Modules, """{"word_embedding_dimension":64,"pooling_mode_max_tokens":true,"pooling_mode_other":false}""");
        folder.Write("sentence_bert_config.json", """{"max_seq_length":77,"do_lower_case":true}""");

        var read = SentenceTransformersFolder.Read(folder.Path)!;

        Assert.AreEqual((EmbeddingPooling.Max, true, 77, true),
            (read.Poolings!.Single(), read.Normalize, read.MaxSequenceLength!.Value, read.DoLowerCase));
    }

    /// <summary>The names that sentence-transformers writes since 5.0 and since 5.4.</summary>
    [TestMethod]
    [DataRow("sentence_transformers.base.modules.transformer.Transformer",
        "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
        "sentence_transformers.sentence_transformer.modules.normalize.Normalize")]
    [DataRow("sentence_transformers.base.modules.transformer.Transformer",
        "sentence_transformers.sentence_transformer.modules.pooling.Pooling", "sentence_transformers.base.modules.normalize.Normalize")]
    [DataRow("sentence_transformers.models.transformer.Transformer", "sentence_transformers.models.pooling.Pooling",
        "sentence_transformers.models.normalize.Normalize")]
    public void Read_ClassesUnderTheirNewNames_AreTheSame(string transformer, string pooling, string normalize)
    {
        using var folder = Folder($$"""
            [{"path":"","type":"{{transformer}}"},{"path":"1_Pooling","type":"{{pooling}}"},{"path":"2_Normalize","type":"{{normalize}}"}]
            """, """{"embedding_dimension":64,"pooling_mode":"cls","include_prompt":true}""");
        folder.Write("sentence_bert_config.json", """
            {"transformer_task":"feature-extraction","module_output_name":"token_embeddings",
             "modality_config":{"text":{"method":"forward","method_output_name":"last_hidden_state"}}}
            """);

        var read = SentenceTransformersFolder.Read(folder.Path)!;

        Assert.AreEqual((EmbeddingPooling.Cls, true), (read.Poolings!.Single(), read.Normalize));
    }

    [TestMethod]
    [DataRow("""{"transformer_task":"text-generation"}""", "transformer_task is \"text-generation\": other tasks")]
    [DataRow("""{"module_output_name":"sentence_embedding"}""", "module_output_name")]
    [DataRow("""{"modality_config":{"text":{"method":"get_text_features"}}}""", "modality_config.text.method")]
    [DataRow("""{"modality_config":{"text":{"method_output_name":"pooler_output"}}}""", "modality_config.text.method_output_name")]
    [DataRow("""{"query_expansion":{"length":32}}""", "query_expansion")]
    [DataRow("""{"config_kwargs":{"is_causal":false}}""", "config_kwargs.is_causal is false")]
    [DataRow("""{"model_args":{"attn_implementation":"sdpa","use_bidirectional_attention":true}}""", "use_bidirectional_attention")]
    public void Read_TransformerThatDoesMore_IsRefusedByTheField(string text, string named)
    {
        using var folder = Folder(Modules, """{"pooling_mode":"mean"}""");
        folder.Write("sentence_bert_config.json", text);

        StringAssert.Contains(
            Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path)).Message, named);
    }

    [TestMethod]
    public void Read_ModulesAlone_LeaveTheRestOpen()
    {
        using var folder = new TemporaryFolder();
        folder.Write("modules.json", """[{"path":"","type":"sentence_transformers.models.Transformer"}]""");

        var read = SentenceTransformersFolder.Read(folder.Path)!;

        Assert.AreEqual((null, false, null, false),
            (read.Poolings, read.Normalize, read.MaxSequenceLength, read.DoLowerCase));
    }

    [TestMethod]
    [DataRow("Normalize", "LayerNorm", "LayerNorm")]
    [DataRow("models.Pooling", "models.WeightedLayerPooling", "WeightedLayerPooling")]
    [DataRow("models.Normalize", "models.WeightedLayerPooling", "order")]
    [DataRow("models.Normalize", "models.Pooling", "order")]
    [DataRow("sentence_transformers.models.Normalize", "custom_st.Normalize", "custom_st.Normalize")]
    [DataRow("\"path\":\"\"", "\"path\":\"0_Transformer\"", "0_Transformer")]
    public void Read_ModulesThatNoGraphHas_AreRefusedByName(string old, string changed, string named)
    {
        using var folder = Folder(Modules.Replace(old, changed, StringComparison.Ordinal), """{"pooling_mode_mean_tokens":true}""");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path));

        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "--pooling");
    }

    [TestMethod]
    public void Read_CallerThatPoolsItself_DoesNotReadThePooling()
    {
        using var folder = Folder(Modules, """{"pooling_mode":"of tomorrow"}""");

        Assert.IsNull(SentenceTransformersFolder.Read(folder.Path, readPooling: false)!.Poolings);
        Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path));
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

    private static TemporaryFolder Folder(string modules, string pooling)
    {
        var folder = new TemporaryFolder();
        folder.Write("modules.json", modules);
        folder.Write("1_Pooling/config.json", pooling);
        return folder;
    }
}
