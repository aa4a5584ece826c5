
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class EncoderConfigTests
{
    [TestMethod]
    public void Read_EmptyConfigs_TakeTheDefaultsOfTheirClasses()
    {
        var bert = new BertConfig(Open("{}"));
        var roberta = new XlmRobertaConfig(Open("""{"type_vocab_size":1}"""));
        var modern = new ModernBertConfig(Open("{}"));

        Assert.AreEqual((30522, 768, 3072, 12, 12, 512, 0), (bert.VocabSize, bert.HiddenSize, bert.IntermediateSize, bert.NumHiddenLayers,
            bert.NumAttentionHeads, bert.Positions, bert.PadTokenId));
        Assert.AreEqual((1e-12f, "gelu", 2), (bert.LayerNormEps, bert.Activation, bert.TypeVocabSize));
        Assert.AreEqual((1, 510), (roberta.PadTokenId, roberta.Positions), "positions begin at pad_token_id + 1");
        Assert.AreEqual((50368, 1152, 22, 8192, 50283, 128), (modern.VocabSize, modern.IntermediateSize, modern.NumHiddenLayers,
            modern.Positions, modern.PadTokenId, modern.LocalAttention));
        Assert.AreEqual((1e-5f, new RotaryScaling(160000, 1), new RotaryScaling(10000, 1)),
            (modern.LayerNormEps, modern.GlobalRotary, modern.LocalRotary));
        Assert.IsTrue(modern.IsGlobal.Select((global, i) => global == (i % 3 == 0)).All(same => same));
    }

    [TestMethod]
    [DataRow("""{"num_hidden_layers":2,"global_rope_theta":1e6,"local_rope_theta":null,"global_attn_every_n_layers":2}""", 1e6, 1e6)]
    [DataRow("""{"num_hidden_layers":2,"global_rope_theta":1e6,"local_rope_theta":2e4,"global_attn_every_n_layers":2}""", 1e6, 2e4)]
    [DataRow("""
        {"num_hidden_layers":2,"layer_types":["full_attention","sliding_attention"],"rope_parameters":{
         "full_attention":{"rope_type":"default","rope_theta":1e6},"sliding_attention":{"rope_type":"default","rope_theta":3e4}}}
        """, 1e6, 3e4)]
    public void Read_SpellingsOfEveryVersion_GiveLayersAndThetas(string json, double global, double local)
    {
        var modern = new ModernBertConfig(Open(json));

        Assert.AreEqual((new RotaryScaling(global, 1), new RotaryScaling(local, 1)), (modern.GlobalRotary, modern.LocalRotary));
        CollectionAssert.AreEqual((bool[])[true, false], modern.IsGlobal.ToArray());
    }

    [TestMethod]
    public void Read_HalfOfTheWindow_MayBeSaidTwice() =>
        Assert.AreEqual(96, new ModernBertConfig(Open("""{"local_attention":96,"sliding_window":48}""")).LocalAttention);

    [TestMethod]
    [DataRow("bert", "position_embedding_type", "\"relative_key\"")]
    [DataRow("bert", "is_decoder", "true")]
    [DataRow("bert", "add_cross_attention", "true")]
    [DataRow("bert", "hidden_act", "\"mish\"")]
    [DataRow("bert", "quantization_config", """{"quant_method":"gptq"}""")]
    [DataRow("bert", "num_attention_heads", "7")]
    [DataRow("roberta", "type_vocab_size", "2")]
    [DataRow("roberta", "max_position_embeddings", "2")]
    [DataRow("roberta", "position_embedding_type", "\"relative_key_query\"")]
    [DataRow("modernbert", "attention_bias", "true")]
    [DataRow("modernbert", "mlp_bias", "true")]
    [DataRow("modernbert", "norm_bias", "true")]
    [DataRow("bert", "pruned_heads", """{"0":[1]}""")]
    [DataRow("bert", "text_config", """{"hidden_size":64}""")]
    [DataRow("roberta", "is_encoder_decoder", "true")]
    [DataRow("roberta", "compression_config", """{"format":"int-quantized"}""")]
    [DataRow("modernbert", "rope_scaling", """{"rope_type":"linear","factor":2.0}""")]
    [DataRow("modernbert", "rope_parameters", """{"rope_type":"linear","factor":2.0}""")]
    [DataRow("modernbert", "sliding_window", "32")]
    [DataRow("modernbert", "hidden_activation", "\"mish\"")]
    [DataRow("modernbert", "layer_types", """["chunked_attention"]""")]
    [DataRow("modernbert", "rope_parameters", """{"full_attention":{"rope_type":"yarn"}}""")]
    public void Read_SettingThatTheGraphWouldGetWrong_IsRefusedByName(string family, string name, string value)
    {
        var types = name == "type_vocab_size" ? "" : "\"type_vocab_size\":1,";
        var config = Open($$"""{{{types}}"num_hidden_layers":1,"{{name}}":{{value}}}""");

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Read(family, config));

        StringAssert.Contains(error.Message, name);
        StringAssert.Contains(error.Message, config.Path);
    }

    [TestMethod]
    public void Read_SeveralReasons_AreGivenAtOnce()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(
            () => Read("bert", Open("""{"is_decoder":true,"hidden_act":"mish","attention_bias":true}""")));

        foreach (var name in (string[])["is_decoder", "hidden_act", "attention_bias"])
            StringAssert.Contains(error.Message, name);
    }

    [TestMethod]
    public void Read_PadTokenOutsideTheVocabulary_IsMalformed()
    {
        Assert.ThrowsExactly<InvalidDataException>(() => Read("bert", Open("""{"vocab_size":10,"pad_token_id":10}""")));
    }

    private static EncoderConfig Read(string family, ConfigReader config) => family switch
    {
        "bert" => new BertConfig(config),
        "roberta" => new XlmRobertaConfig(config),
        _ => new ModernBertConfig(config),
    };

    private static ConfigReader Open(string json)
    {
        using var folder = new TemporaryFolder();
        return ConfigReader.Open(folder.Write("config.json", json));
    }
}
