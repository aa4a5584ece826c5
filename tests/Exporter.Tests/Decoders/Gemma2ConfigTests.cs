
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class Gemma2ConfigTests
{
    [TestMethod]
    public void Read_EmptyConfig_TakesTheDefaultsOfTheClass()
    {
        var config = Read("{}");

        Assert.AreEqual((256000, 2304, 9216, 26), (config.VocabSize, config.HiddenSize, config.IntermediateSize, config.NumHiddenLayers));
        Assert.AreEqual((8, 4, 256), (config.NumAttentionHeads, config.NumKeyValueHeads, config.HeadDim));
        Assert.AreEqual((8192, 1e-6f, 256.0, 4096),
            (config.MaxPositionEmbeddings, config.RmsNormEps, config.QueryPreAttnScalar, config.SlidingWindow));
        Assert.AreEqual(new RotaryScaling(1e4, 1), config.Rotary);
        Assert.AreEqual((50f, 30f), (config.AttentionSoftcap, config.FinalSoftcap));
        Assert.IsTrue(config.TieWordEmbeddings);
        Assert.IsTrue(config.IsGlobal.Select((global, i) => global == (i % 2 == 1)).All(same => same), "even layers are local");
    }

    [TestMethod]
    public void Read_SoftcapsOfNull_AreNone()
    {
        var config = Read("""{"attn_logit_softcapping":null,"final_logit_softcapping":null}""");

        Assert.AreEqual((null, null), (config.AttentionSoftcap, config.FinalSoftcap));
    }

    [TestMethod]
    [DataRow("""{"rope_theta":20000.0}""", DisplayName = "transformers 4")]
    [DataRow("""{"rope_parameters":{"rope_type":"default","rope_theta":20000.0}}""", DisplayName = "transformers 5")]
    public void Read_SpellingsOfEveryVersion_GiveTheSameRotary(string json)
    {
        Assert.AreEqual(new RotaryScaling(20000, 1), Read(json).Rotary);
    }

    [TestMethod]
    [DataRow("use_bidirectional_attention", "true")]
    [DataRow("attention_bias", "true")]
    [DataRow("partial_rotary_factor", "0.5")]
    [DataRow("text_config", """{"hidden_size":64}""")]
    [DataRow("hidden_activation", "\"silu\"")]
    [DataRow("quantization_config", """{"quant_method":"gptq"}""")]
    [DataRow("rope_scaling", """{"rope_type":"yarn","factor":4.0}""")]
    [DataRow("rope_scaling", """{"rope_type":"llama3","factor":4.0}""")]
    [DataRow("layer_types", """["chunked_attention"]""")]
    [DataRow("head_dim", "25")]
    public void Read_SettingThatTheGraphWouldGetWrong_IsRefusedByName(string name, string value)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read($$"""{"num_hidden_layers":1,"{{name}}":{{value}}}"""));

        StringAssert.Contains(error.Message, name);
    }

    private static Gemma2Config Read(string json)
    {
        using var folder = new TemporaryFolder();
        return new Gemma2Config(ConfigReader.Open(folder.Write("config.json", json)));
    }
}
