using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class SentenceFieldsTests
{
    private const string Modules = """
        [{"idx":0,"name":"0","path":"","type":"sentence_transformers.models.Transformer"},
         {"idx":1,"name":"1","path":"1_Pooling","type":"sentence_transformers.models.Pooling"},
         {"idx":2,"name":"2","path":"2_Dense","type":"sentence_transformers.models.Dense"},
         {"idx":3,"name":"3","path":"3_Normalize","type":"sentence_transformers.models.Normalize"}]
        """;

    private const string Pooling = """{"word_embedding_dimension":8,"pooling_mode_mean_tokens":true,"include_prompt":true}""";

    private const string Dense =
        """{"in_features":8,"out_features":4,"bias":true,"activation_function":"torch.nn.modules.activation.Tanh"}""";

    [TestMethod]
    [DataRow("config_sentence_transformers.json", "truncate_dim", "256")]
    [DataRow("config_sentence_transformers.json", "model_type", "\"SparseEncoder\"")]
    [DataRow("sentence_bert_config.json", "tokenizer_args", """{"padding_side":"left"}""")]
    [DataRow("sentence_bert_config.json", "processor_kwargs", """{"do_lower_case":true}""")]
    [DataRow("sentence_bert_config.json", "tokenizer_name_or_path", "\"other\"")]
    [DataRow("sentence_bert_config.json", "query_length", "32")]
    [DataRow("1_Pooling/config.json", "include_prompt", "false")]
    [DataRow("2_Dense/config.json", "module_input_name", "\"token_embeddings\"")]
    [DataRow("3_Normalize/config.json", "module_output_name", "\"vector\"")]
    public void Read_FieldThatChangesVectors_IsRefusedByName(string file, string name, string value)
    {
        using var folder = Folder(Modules);
        folder.Write(file, $$"""{"{{name}}":{{value}}}""");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => ReadAll(folder));

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
        ReadAll(folder);
    }

    /// <summary>As sentence-transformers 5.4 writes a model whose tokenizer has a chat template: every text becomes a message.</summary>
    [TestMethod]
    [DataRow("""{"text":{"method":"forward"},"message":{"method":"forward","format":"flat"}}""", "modality_config.message is {")]
    [DataRow("""{"image":{"method":"forward","method_output_name":"last_hidden_state"}}""", "modality_config.text is absent")]
    [DataRow("""{"text":{"method":"forward","method_output_name":"pooler_output"}}""", "modality_config.text.method_output_name is")]
    public void Read_TextsThatAreNotReadAsTheyAre_AreRefusedByName(string modalities, string named)
    {
        using var folder = Folder(Modules);
        folder.Write("sentence_bert_config.json", $$"""{"modality_config":{{modalities}}}""");

        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => ReadAll(folder)).Message, named);
    }

    /// <summary>A value of no sense shows what becomes of a field: whoever reads it says its name.</summary>
    [TestMethod]
    public void Read_EachFieldOfEachList_IsReadOrNotAsTheListSays()
    {
        (string File, ConfigFields List)[] lists =
        [
            ("config_sentence_transformers.json", SentenceFields.Settings), ("sentence_bert_config.json", SentenceFields.Transformer),
            ("1_Pooling/config.json", SentenceFields.Pooling), ("2_Dense/config.json", SentenceFields.Dense),
            ("3_Normalize/config.json", SentenceFields.Normalize),
        ];
        foreach (var (file, list) in lists)
        {
            foreach (var name in list.Names)
            {
                using var folder = Folder(Modules);
                var path = folder.File(file);
                if (!File.Exists(path))
                    folder.Write(file, "{}");
                TestFolders.Edit(path, c => c[name] = new JsonArray(new JsonArray(1)));

                var message = Message(() => ReadAll(folder));

                var read = list.Find(name)!.Use is FieldUse.Used or FieldUse.Refused || name == "similarity_fn_name";
                Assert.AreEqual(read, message?.Contains(name, StringComparison.Ordinal) == true, $"{file}, {name}: {message}");
                var named = SentenceFields.Notices(folder.Path).Any(n => n.Contains($"\"{name}\"", StringComparison.Ordinal));
                Assert.AreEqual(list.Find(name)!.Use == FieldUse.Ignored, named, $"{file}, {name}");
            }
        }
    }

    [TestMethod]
    public void Notices_FieldsThatAreNotLookedAt_AreNamedWithTheirFiles()
    {
        using var folder = Folder(Modules.Replace("\"idx\":1,", "\"idx\":1,\"kwargs\":[\"task\"],", StringComparison.Ordinal));
        folder.Write("config_sentence_transformers.json", """{"similarity_fn_name":"dot"}""");
        folder.Write("1_Pooling/config.json", """{"pooling_mode":"mean","temperature":2}""");

        string[] begins =
        [
            "modules.json: the field \"[1].kwargs\" is [\"task\"], which is not followed: ",
            "config_sentence_transformers.json: the field \"similarity_fn_name\" is \"dot\", which is not followed: ",
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
        folder.Write("2_Dense/config.json", Dense);
        folder.Write("3_Normalize/config.json", "{}");
        return folder;
    }

    /// <summary>As an export does.</summary>
    private static void ReadAll(TemporaryFolder folder)
    {
        _ = SentenceTransformersSettings.Read(folder.Path);
        Assert.IsNotNull(SentenceTransformersFolder.Read(folder.Path));
    }

    private static string? Message(Action read)
    {
        try
        {
            read();
            return null;
        }
        catch (Exception e) when (e is InvalidDataException or NotSupportedException)
        {
            return e.Message;
        }
    }
}
