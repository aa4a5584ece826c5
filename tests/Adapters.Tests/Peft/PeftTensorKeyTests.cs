namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class PeftTensorKeyTests
{
    [TestMethod]
    [DataRow("base_model.model.model.layers.3.mlp.up_proj.lora_A.weight", "model.", true)]
    [DataRow("base_model.model.model.layers.3.mlp.up_proj.lora_B.default.weight", "model.", false)]
    [DataRow("base_model.model.model.layers.3.mlp.up_proj.lora_B.my.adapter.weight", "model.", false)]
    [DataRow("base_model.model.model.language_model.layers.3.mlp.up_proj.lora_A.weight", "model.language_model.", true)]
    [DataRow("base_model.model.language_model.model.layers.3.mlp.up_proj.lora_A.weight", "language_model.model.", true)]
    [DataRow("model.layers.3.mlp.up_proj.lora_A.weight", "model.", true)]
    [DataRow("base_model.model.layers.3.mlp.up_proj.lora_A.weight", "", true)]
    [DataRow("base_model.model.layers.3.mlp.up_proj.lora_B.default.weight", "", false)]
    [DataRow("layers.3.mlp.up_proj.lora_B.weight", "", false)]
    [DataRow("base_model.model.language_model.layers.3.mlp.up_proj.lora_A.weight", "language_model.", true)]
    public void Parse_TextFactor_GivesModuleAndPrefix(string key, string prefix, bool isA)
    {
        Assert.AreEqual(new PeftTensorKey(prefix, "model.layers.3.mlp.up_proj", 3, isA, null, null), PeftTensorKey.Parse(key));
    }

    [TestMethod]
    [DataRow("base_model.model.model.vision_tower.vision_model.encoder.layers.0.self_attn.q_proj.lora_A.weight")]
    [DataRow("base_model.model.vision_tower.vision_model.encoder.layers.0.mlp.fc1.lora_B.weight")]
    [DataRow("base_model.model.model.multi_modal_projector.x.lora_A.weight")]
    public void Parse_VisionKey_IsDroppedWithAReason(string key)
    {
        var parsed = PeftTensorKey.Parse(key);

        StringAssert.StartsWith(parsed.Drop, "vision part");
        Assert.IsNull(parsed.Refuse);
    }

    [TestMethod]
    [DataRow("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector", "use_dora")]
    [DataRow("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector.default.weight", "use_dora")]
    [DataRow("base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias", "lora_bias")]
    [DataRow("base_model.model.model.embed_tokens.lora_embedding_A", "lora_embedding_A")]
    [DataRow("base_model.model.model.embed_tokens.base_layer.weight", "base_layer")]
    [DataRow("base_model.model.model.embed_tokens.token_adapter.trainable_tokens_delta", "trainable_token_indices")]
    [DataRow("base_model.model.lm_head.lora_A.weight", "lm_head")]
    [DataRow("base_model.model.lm_head.weight", "modules_to_save")]
    [DataRow("base_model.model.model.layers.0.input_layernorm.weight", "modules_to_save")]
    [DataRow("base_model.model.model.layers.0.self_attn.lora_A.weight", "none of the text model's linear layers")]
    [DataRow("base_model.model.visual.layers.0.self_attn.q_proj.lora_A.weight", "none of the text model's linear layers")]
    [DataRow("base_model.model.model.layers.00.self_attn.q_proj.lora_A.weight", "none of the text model's linear layers")]
    [DataRow("something", "unknown kind")]
    public void Parse_OtherKey_IsRefusedByItsKind(string key, string kind)
    {
        var parsed = PeftTensorKey.Parse(key);

        StringAssert.Contains(parsed.Refuse, kind);
        Assert.IsNull(parsed.Module);
    }
}
