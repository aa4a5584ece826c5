namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class SentenceFieldsTests
{
    private const string Modules = """
        [{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
         {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"}]
        """;

    private const string Pooling = """{"word_embedding_dimension":8,"pooling_mode_mean_tokens":true,"include_prompt":true}""";

    [TestMethod]
    [DataRow("config_sentence_transformers.json", "truncate_dim", "256")]
    [DataRow("config_sentence_transformers.json", "model_type", "\"SparseEncoder\"")]
    [DataRow("sentence_bert_config.json", "tokenizer_args", """{"padding_side":"left"}""")]
    [DataRow("sentence_bert_config.json", "processor_kwargs", """{"do_lower_case":true}""")]
    [DataRow("sentence_bert_config.json", "tokenizer_name_or_path", "\"other\"")]
    public void Read_FieldThatChangesVectors_IsRefusedByName(string file, string name, string value)
    {
        using var folder = Folder(Modules);
        folder.Write(file, $$"""{"{{name}}":{{value}}}""");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => SentenceTransformersFolder.Read(folder.Path));

        StringAssert.Contains(error.Message, $"{name} is {value}");
    }

    [TestMethod]
    public void Notices_FilesAsTheyArePublished_SayNothing()
    {
        using var folder = Folder(Modules);
        folder.Write("sentence_bert_config.json", """{"max_seq_length":128,"do_lower_case":false,"unpad_inputs":null}""");
        folder.Write("config_sentence_transformers.json", """
            {"__version__":{"sentence_transformers":"5.4.0","transformers":"5.2.0","pytorch":"2.9.0"},"default_prompt_name":null,
             "model_type":"SentenceTransformer","prompts":{},"similarity_fn_name":"cosine"}
            """);

        Assert.AreEqual("", string.Join('\n', SentenceFields.Notices(folder.Path)));
        Assert.IsNotNull(SentenceTransformersFolder.Read(folder.Path));
    }

    [TestMethod]
    public void Notices_FieldsThatAreNotLookedAt_AreNamedWithTheirFiles()
    {
        using var folder = Folder(Modules.Replace("\"idx\":1,", "\"idx\":1,\"kwargs\":[\"task\"],", StringComparison.Ordinal));
        folder.Write("config_sentence_transformers.json", """{"similarity_fn_name":"dot"}""");
        folder.Write("1_Pooling/config.json", """{"pooling_mode":"mean","temperature":2}""");

        string[] begins =
        [
            "modules.json: the field \"[1].kwargs\" is [\"task\"];",
            "config_sentence_transformers.json: the field \"similarity_fn_name\" is \"dot\";",
            "1_Pooling/config.json: the field \"temperature\" is not known",
        ];
        var notices = SentenceFields.Notices(folder.Path).ToArray();

        Assert.HasCount(begins.Length, notices);
        foreach (var (notice, begin) in notices.Zip(begins))
            StringAssert.StartsWith(notice, begin);
    }

    private static TemporaryFolder Folder(string modules)
    {
        var folder = new TemporaryFolder();
        folder.Write("modules.json", modules);
        folder.Write("1_Pooling/config.json", Pooling);
        return folder;
    }
}
