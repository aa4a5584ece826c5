namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class CheckpointNoticesTests
{
    // the fields that published checkpoints of these models have
    private const string Llama32 = """
        {"architectures":["LlamaForCausalLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":128000,"eos_token_id":128001,
         "head_dim":64,"hidden_act":"silu","hidden_size":2048,"initializer_range":0.02,"intermediate_size":8192,
         "max_position_embeddings":131072,"mlp_bias":false,"model_type":"llama","num_attention_heads":32,"num_hidden_layers":16,
         "num_key_value_heads":8,"pretraining_tp":1,"rms_norm_eps":1e-05,"rope_scaling":{"factor":32.0,"high_freq_factor":4.0,
         "low_freq_factor":1.0,"original_max_position_embeddings":8192,"rope_type":"llama3"},"rope_theta":500000.0,
         "tie_word_embeddings":true,"torch_dtype":"bfloat16","transformers_version":"4.45.0.dev0","use_cache":true,"vocab_size":128256}
        """;

    private const string Gemma3 = """
        {"architectures":["Gemma3ForConditionalGeneration"],"boi_token_index":255999,"eoi_token_index":256000,"eos_token_id":[1,106],
         "image_token_index":262144,"initializer_range":0.02,"mm_tokens_per_image":256,"model_type":"gemma3","text_config":{
         "attention_bias":false,"attn_logit_softcapping":null,"cache_implementation":"hybrid","final_logit_softcapping":null,
         "head_dim":256,"hidden_activation":"gelu_pytorch_tanh","hidden_size":2560,"model_type":"gemma3_text","num_hidden_layers":34,
         "layer_types":null,"is_encoder_decoder":false,"num_beams":1,"temperature":1.0,"top_k":50,"max_length":20,"bad_words_ids":null,
         "rope_scaling":{"factor":8.0,"rope_type":"linear"},"sliding_window":1024,"sliding_window_pattern":6,"rope_theta":1000000.0,
         "rope_local_base_freq":10000.0},"torch_dtype":"bfloat16","transformers_version":"4.50.0.dev0",
         "vision_config":{"hidden_size":1152,"model_type":"siglip_vision_model"}}
        """;

    private const string MiniLm = """
        {"_name_or_path":"nreimers/MiniLM-L6-H384-uncased","architectures":["BertModel"],"attention_probs_dropout_prob":0.1,
         "gradient_checkpointing":false,"hidden_act":"gelu","hidden_dropout_prob":0.1,"hidden_size":384,"initializer_range":0.02,
         "intermediate_size":1536,"layer_norm_eps":1e-12,"max_position_embeddings":512,"model_type":"bert","num_attention_heads":12,
         "num_hidden_layers":6,"pad_token_id":0,"position_embedding_type":"absolute","transformers_version":"4.8.2",
         "type_vocab_size":2,"use_cache":true,"vocab_size":30522}
        """;

    private const string XlmRoberta = """
        {"architectures":["XLMRobertaForMaskedLM"],"attention_probs_dropout_prob":0.1,"bos_token_id":0,"classifier_dropout":null,
         "eos_token_id":2,"hidden_act":"gelu","hidden_dropout_prob":0.1,"hidden_size":768,"id2label":{"0":"LABEL_0"},
         "initializer_range":0.02,"intermediate_size":3072,"label2id":{"LABEL_0":0},"layer_norm_eps":1e-05,"output_past":true,
         "max_position_embeddings":514,"model_type":"xlm-roberta","num_attention_heads":12,"num_hidden_layers":12,"pad_token_id":1,
         "position_embedding_type":"absolute","torch_dtype":"float32","transformers_version":"4.52.0","type_vocab_size":1,
         "use_cache":true,"vocab_size":250002}
        """;

    private const string MultilingualBert = """
        {"architectures":["BertForMaskedLM"],"attention_probs_dropout_prob":0.1,"directionality":"bidi","hidden_act":"gelu",
         "hidden_dropout_prob":0.1,"hidden_size":768,"model_type":"bert","pad_token_id":0,"pooler_fc_size":768,
         "pooler_num_attention_heads":12,"pooler_num_fc_layers":3,"pooler_size_per_head":128,"pooler_type":"first_token_transform",
         "is_decoder":false,"pruned_heads":{},"type_vocab_size":2,"vocab_size":119547}
        """;

    private const string MmBert = """
        {"architectures":["ModernBertForMaskedLM"],"attention_bias":false,"attention_dropout":0.0,"bos_token_id":2,
         "classifier_activation":"gelu","classifier_bias":false,"classifier_dropout":0.0,"classifier_pooling":"mean","cls_token_id":1,
         "decoder_bias":true,"deterministic_flash_attn":false,"embedding_dropout":0.0,"eos_token_id":1,"global_attn_every_n_layers":3,
         "global_rope_theta":160000,"gradient_checkpointing":false,"hidden_activation":"gelu","hidden_size":768,
         "initializer_cutoff_factor":2.0,"initializer_range":0.02,"intermediate_size":1152,"layer_norm_eps":1e-05,
         "local_attention":128,"local_rope_theta":160000,"mask_token_id":4,"max_position_embeddings":8192,"mlp_bias":false,
         "mlp_dropout":0.0,"model_type":"modernbert","norm_bias":false,"norm_eps":1e-05,"num_attention_heads":12,
         "num_hidden_layers":22,"pad_token_id":0,"position_embedding_type":"sans_pos","repad_logits_with_grad":false,"sep_token_id":1,
         "sparse_pred_ignore_index":-100,"sparse_prediction":false,"torch_dtype":"float32","transformers_version":"4.48.0",
         "vocab_size":256000}
        """;

    [TestMethod]
    [DataRow("llama", Llama32)]
    [DataRow("gemma3", Gemma3)]
    [DataRow("bert", MiniLm)]
    [DataRow("bert", MultilingualBert)]
    [DataRow("xlm-roberta", XlmRoberta)]
    [DataRow("modernbert", MmBert)]
    public void OfConfig_PublishedCheckpoints_SayNothing(string family, string config)
    {
        Assert.AreEqual("", string.Join('\n', OfConfig(family, config)));
    }

    [TestMethod]
    [DataRow("demo")]
    [DataRow("encoder")]
    public void Plan_DemonstrationCheckpoints_SayNothing(string which)
    {
        using var folder = new TemporaryFolder();
        var checkpoint = which == "demo" ? Repository.Demo("base") : Repository.DemoEncoder();

        Assert.AreEqual("", string.Join('\n', ModelExporter.Plan(checkpoint, folder.File("out")).Notices));
    }

    [TestMethod]
    [DataRow("llama", "sliding_window", "4096")]
    [DataRow("llama", "layer_types", """["sliding_attention"]""")]
    [DataRow("llama", "use_bidirectional_attention", "true")]
    [DataRow("llama", "final_logit_softcapping", "30.0")]
    [DataRow("gemma2", "repetition_penalty", "1.2")]
    [DataRow("llama", "temperature", "0.6")]
    [DataRow("llama", "top_p", "0.9")]
    [DataRow("gemma3", "do_sample", "true")]
    [DataRow("gemma2", "task_specific_params", """{"text-generation":{"do_sample":true}}""")]
    [DataRow("gemma3", "num_beams", "4")]
    [DataRow("bert", "is_causal", "true")]
    [DataRow("bert", "auto_map", """{"AutoModel":"modeling_other.Model"}""")]
    [DataRow("modernbert", "prefix", "\"query: \"")]
    public void OfConfig_FieldThatIsNotFollowed_IsNamedWithItsValueAndReason(string family, string name, string value)
    {
        var notice = OfConfig(family, $$"""{"{{name}}":{{value}}}""").Single();

        StringAssert.StartsWith(notice, $"config.json: the field \"{name}\" is ");
        StringAssert.Contains(notice, ", which is not followed: ");
    }

    [TestMethod]
    [DataRow("llama", """{"residual_multiplier":0.5}""", "residual_multiplier")]
    [DataRow("gemma3", """{"text_config":{"altup_num_inputs":4}}""", "text_config.altup_num_inputs")]
    [DataRow("gemma2", """{"rope_parameters":{"rope_type":"default","spiral":1}}""", "rope_parameters.spiral")]
    [DataRow("bert", """{"use_alibi":false}""", "use_alibi")]
    public void OfConfig_UnknownField_IsNamed(string family, string config, string name)
    {
        Assert.AreEqual($"config.json: the field \"{name}\" is not known to this version; it was not looked at.",
            OfConfig(family, config).Single());
    }

    [TestMethod]
    public void Export_FieldsThatAreNotLookedAt_AreInPlanReportAndInspection()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Repository.Data("models", "llama32-tied").CopyTo(folder, "checkpoint");
        TestFolders.Edit(Path.Combine(checkpoint, "config.json"), c => c["use_alibi"] = true);
        folder.Write("checkpoint/generation_config.json",
            """{"bos_token_id":1,"eos_token_id":2,"num_beams":4,"max_length":512,"something_new":1}""");
        const string OfConfig = "config.json: the field \"use_alibi\" is not known to this version; it was not looked at.";
        string[] expected = [OfConfig, DecoderFacts.DescribeIgnored(["num_beams 4", "max_length 512", "something_new 1"])];

        var plan = ModelExporter.Plan(checkpoint, folder.File("out"));
        var report = ModelExporter.Export(checkpoint, folder.File("out"));

        CollectionAssert.AreEqual(expected, plan.Notices.ToArray());
        CollectionAssert.AreEqual(expected, report.Notices.ToArray());
        CollectionAssert.AreEqual(expected, Inspector.Inspect(checkpoint).Notices.ToArray());
    }

    [TestMethod]
    public void AdapterExport_UnknownFieldThatSaysNothing_IsNamed()
    {
        using var folder = new TemporaryFolder();
        var adapter = Repository.Demo("pos").CopyTo(folder, "pos");
        TestFolders.Edit(Path.Combine(adapter, "adapter_config.json"), c => c["use_something_new"] = false);
        const string Notice = "adapter_config.json: the field \"use_something_new\" is not known to this version; it was not looked at.";

        var options = new ExportOptions { Adapters = new Dictionary<string, string> { ["pos"] = adapter } };
        var report = ModelExporter.Export(Repository.Demo("base"), folder.File("out"), options);
        var again = AdapterExporter.Export(adapter, report.Folder, "again");

        Assert.AreEqual("pos: " + Notice, report.Notices.Single());
        Assert.AreEqual(Notice, again.Notices.Single());
        Assert.AreEqual(Notice, Inspector.Inspect(adapter).Notices.Single());
        Assert.IsEmpty(ModelManifest.Read(report.Folder).Adapters["again"].Notices, "the manifest has no notices");
    }

    private static string[] OfConfig(string family, string json)
    {
        using var folder = new TemporaryFolder();
        return [.. CheckpointNotices.OfConfig(ConfigReader.Open(folder.Write("config.json", json)), family)];
    }
}
