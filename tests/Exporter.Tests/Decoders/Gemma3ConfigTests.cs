using System.Text.Json.Nodes;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class Gemma3ConfigTests
{
    [TestMethod]
    public void Read_EmptyTextConfig_TakesTheDefaultsOfTheClass()
    {
        var config = Read("""{"text_config":{}}""");

        Assert.AreEqual(262208, config.VocabSize);
        Assert.AreEqual(2304, config.HiddenSize);
        Assert.AreEqual(9216, config.IntermediateSize);
        Assert.AreEqual(26, config.NumHiddenLayers);
        Assert.AreEqual((8, 4, 256), (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim));
        Assert.AreEqual(131072, config.MaxPositionEmbeddings);
        Assert.AreEqual(1e-6f, config.RmsNormEps);
        Assert.AreEqual(256, config.QueryPreAttnScalar);
        Assert.AreEqual(4096, config.SlidingWindow);
        CollectionAssert.AreEqual((int[])[5, 11, 17, 23], GlobalLayers(config));
        Assert.AreEqual(new RotaryScaling(1e6, 1), config.GlobalRotary);
        Assert.AreEqual(new RotaryScaling(1e4, 1), config.LocalRotary);
        Assert.IsTrue(config.TieWordEmbeddings);
    }

    [TestMethod]
    [DataRow("""
        {"num_hidden_layers":3,"rope_theta":500000.0,"rope_local_base_freq":20000.0,
         "rope_scaling":{"rope_type":"linear","factor":8.0},"sliding_window_pattern":3}
        """, DisplayName = "transformers 4")]
    [DataRow("""
        {"num_hidden_layers":3,"rope_theta":500000.0,"rope_local_base_freq":20000.0,
         "rope_scaling":{"type":"linear","factor":8},"_sliding_window_pattern":3}
        """, DisplayName = "transformers 4, older names")]
    [DataRow("""
        {"num_hidden_layers":3,"layer_types":["sliding_attention","sliding_attention","full_attention"],
         "rope_parameters":{"full_attention":{"rope_type":"linear","rope_theta":500000.0,"factor":8.0},
                            "sliding_attention":{"rope_type":"default","rope_theta":20000.0}}}
        """, DisplayName = "transformers 5, per layer type")]
    [DataRow("""
        {"num_hidden_layers":3,"layer_types":["sliding_attention","sliding_attention","full_attention"],
         "rope_parameters":{"rope_type":"linear","rope_theta":500000.0,"factor":8.0},"rope_local_base_freq":20000.0}
        """, DisplayName = "transformers 5, flat")]
    public void Read_SpellingsOfEveryVersion_GiveTheSameConfig(string json)
    {
        var config = Read(json);

        CollectionAssert.AreEqual((int[])[2], GlobalLayers(config));
        Assert.AreEqual(new RotaryScaling(500000, 8), config.GlobalRotary);
        Assert.AreEqual(new RotaryScaling(20000, 1), config.LocalRotary);
    }

    /// <summary>transformers: below the window before a token; up to half of it, or the whole, to either side.</summary>
    [TestMethod]
    [DataRow("""{"sliding_window":16}""", false, 16)]
    [DataRow("""{"sliding_window":16,"use_bidirectional_attention":true}""", true, 8 + 1 + 8)]
    [DataRow("""{"sliding_window":513,"use_bidirectional_attention":true}""", true, 256 + 1 + 256)]
    [DataRow("""{"sliding_window":16,"is_causal":false}""", true, 16 + 1 + 16)]
    [DataRow("""{"text_config":{"sliding_window":16,"is_causal":false,"use_bidirectional_attention":true}}""", true, 9 + 1 + 9)]
    public void Read_AttentionBothWays_SaysHowManyPositionsAreSeen(string json, bool isBidirectional, int positions)
    {
        var config = Read(json);

        Assert.AreEqual((isBidirectional, positions), (config.IsBidirectional, config.Window.Positions));
    }

    [TestMethod]
    [DataRow("""{"tie_word_embeddings":false}""", false)]
    [DataRow("""{"tie_word_embeddings":false,"text_config":{}}""", false)]
    [DataRow("""{"tie_word_embeddings":true,"text_config":{"tie_word_embeddings":false}}""", false)]
    [DataRow("""{"text_config":{}}""", true)]
    public void Read_TieWordEmbeddings_OfTheTextPartGoesFirst(string json, bool expected)
    {
        Assert.AreEqual(expected, Read(json).TieWordEmbeddings);
    }

    [TestMethod]
    [DataRow("attention_bias", "true")]
    [DataRow("partial_rotary_factor", "0.5")]
    [DataRow("per_layer_config", """{"1":{"head_dim":64}}""")]
    [DataRow("rope_parameters", """{"full_attention":{"partial_rotary_factor":0.5}}""")]
    [DataRow("is_encoder_decoder", "true")]
    [DataRow("attn_logit_softcapping", "50.0")]
    [DataRow("final_logit_softcapping", "30.0")]
    [DataRow("hidden_activation", "\"silu\"")]
    [DataRow("quantization_config", """{"quant_method":"bitsandbytes"}""")]
    [DataRow("rope_scaling", """{"rope_type":"yarn","factor":4.0}""")]
    [DataRow("rope_parameters", """{"full_attention":{"rope_type":"llama3"}}""")]
    [DataRow("layer_types", """["chunked_attention"]""")]
    [DataRow("head_dim", "25")]
    [DataRow("num_key_value_heads", "3")]
    public void Read_SettingThatTheGraphWouldGetWrong_IsRefusedByName(string name, string value)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read($$"""{"num_hidden_layers":1,"{{name}}":{{value}}}"""));

        StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void Read_SeveralRefusedSettings_NamesThemAll()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() =>
            Read("""{"quantization_config":{"a":1},"text_config":{"attention_bias":true,"final_logit_softcapping":30}}"""));

        foreach (var name in (string[])["quantization_config", "text_config.attention_bias", "text_config.final_logit_softcapping"])
            StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    [DataRow("""{"layer_types":["full_attention"],"num_hidden_layers":2}""", "layer_types has 1 entries")]
    [DataRow("""{"rope_scaling":{"rope_type":"linear"}}""", "factor is absent")]
    [DataRow("""{"hidden_size":"x"}""", "hidden_size")]
    [DataRow("""{"hidden_size":0}""", "at least 1")]
    [DataRow("""{"rope_theta":-1}""", "above 0")]
    public void Read_Malformed_SaysWhat(string json, string message)
    {
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(json)).Message, message);
    }

    [TestMethod]
    public void Read_EveryReferenceModel_IsUnderstood()
    {
        foreach (var model in (string[])["gemma3-text", "gemma3-text-ropescaled", "gemma3-multimodal"])
        {
            var json = JsonNode.Parse(File.ReadAllText(Repository.Data("models", model, "config.json")))!.ToJsonString();

            Assert.AreEqual((64, 24.0, 16), (Read(json).HiddenSize, Read(json).QueryPreAttnScalar, Read(json).SlidingWindow), model);
        }
    }

    private static int[] GlobalLayers(Gemma3Config config) =>
        [.. Enumerable.Range(0, config.NumHiddenLayers).Where(i => config.IsGlobal[i])];

    private static Gemma3Config Read(string json)
    {
        using var folder = new TemporaryFolder();
        return Gemma3Config.Read(ConfigReader.Open(folder.Write("config.json", json)));
    }
}
