
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class LlamaConfigTests
{
    private static readonly RotaryScaling Llama31 = new(500000, 1, new Llama3Scaling(8, 1, 4, 8192));

    [TestMethod]
    public void Read_EmptyConfig_TakesTheDefaultsOfTheClass()
    {
        var config = Read("{}");

        Assert.AreEqual((32000, 4096, 11008, 32), (config.VocabSize, config.HiddenSize, config.IntermediateSize, config.NumHiddenLayers));
        Assert.AreEqual((32, 32, 128), (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim));
        Assert.AreEqual((2048, 1e-6f, false), (config.MaxPositionEmbeddings, config.RmsNormEps, config.TieWordEmbeddings));
        Assert.AreEqual(new RotaryScaling(1e4, 1), config.Rotary);
    }

    [TestMethod]
    [DataRow("""
        {"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
         "original_max_position_embeddings":8192}}
        """, DisplayName = "transformers 4")]
    [DataRow("""
        {"rope_theta":500000.0,"rope_scaling":{"type":"llama3","factor":8,"low_freq_factor":1,"high_freq_factor":4,
         "original_max_position_embeddings":8192}}
        """, DisplayName = "transformers 4, older name")]
    [DataRow("""
        {"rope_parameters":{"rope_type":"llama3","rope_theta":500000.0,"factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,
         "original_max_position_embeddings":8192}}
        """, DisplayName = "transformers 5")]
    public void Read_SpellingsOfEveryVersion_GiveTheSameRotary(string json)
    {
        Assert.AreEqual(Llama31, Read(json).Rotary);
    }

    [TestMethod]
    [DataRow("attention_bias", "true")]
    [DataRow("mlp_bias", "true")]
    [DataRow("hidden_act", "\"gelu\"")]
    [DataRow("quantization_config", """{"quant_method":"gptq"}""")]
    [DataRow("rope_scaling", """{"rope_type":"yarn","factor":4.0}""")]
    [DataRow("rope_scaling", """{"type":"dynamic","factor":4.0}""")]
    [DataRow("rope_parameters", """{"rope_type":"longrope"}""")]
    [DataRow("rope_parameters", """{"rope_type":"default","partial_rotary_factor":0.5}""")]
    [DataRow("partial_rotary_factor", "0.5")]
    [DataRow("text_config", """{"hidden_size":64}""")]
    [DataRow("pruned_heads", """{"0":[1]}""")]
    [DataRow("compression_config", """{"format":"pack-quantized"}""")]
    [DataRow("add_cross_attention", "true")]
    [DataRow("per_layer_config", """{"0":{"num_attention_heads":1}}""")]
    [DataRow("is_encoder_decoder", "true")]
    [DataRow("head_dim", "25")]
    [DataRow("num_key_value_heads", "3")]
    public void Read_SettingThatTheGraphWouldGetWrong_IsRefusedByName(string name, string value)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read($$"""{"{{name}}":{{value}}}"""));

        StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    [DataRow("""{"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0}}""", "high_freq_factor is absent")]
    [DataRow("""
        {"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":4.0,"high_freq_factor":4.0,
         "original_max_position_embeddings":64}}
        """, "must be above low_freq_factor")]
    [DataRow("""{"rope_scaling":{"rope_type":"linear"}}""", "factor is absent")]
    public void Read_Malformed_SaysWhat(string json, string message)
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(json)).Message, message);
    }

    private static LlamaConfig Read(string json)
    {
        using var folder = new TemporaryFolder();
        return new LlamaConfig(ConfigReader.Open(folder.Write("config.json", json)));
    }
}
