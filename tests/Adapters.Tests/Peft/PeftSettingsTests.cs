
namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class PeftSettingsTests
{
    [TestMethod]
    [DataRow("use_dora", "true")]
    [DataRow("lora_bias", "true")]
    [DataRow("bias", "\"lora_only\"")]
    [DataRow("bias", "\"all\"")]
    [DataRow("modules_to_save", """["norm"]""")]
    [DataRow("trainable_token_indices", "[1]")]
    [DataRow("trainable_token_indices", """{"embed_tokens":[1]}""")]
    [DataRow("alora_invocation_tokens", "[5]")]
    [DataRow("layer_replication", "[[0,1]]")]
    [DataRow("use_qalora", "true")]
    [DataRow("target_parameters", """["x"]""")]
    [DataRow("fan_in_fan_out", "true")]
    [DataRow("arrow_config", """{"top_k":1}""")]
    [DataRow("corda_config", """{"x":1}""")]
    [DataRow("loftq_config", """{"loftq_bits":4}""")]
    [DataRow("megatron_config", """{"x":1}""")]
    [DataRow("kasa_config", """{"x":1}""")]
    [DataRow("use_bdlora", """{"x":1}""")]
    [DataRow("lora_ga_config", """{"x":1}""")]
    [DataRow("monteclora_config", """{"num_samples":4}""")]
    [DataRow("init_lora_weights", "\"lora_ga\"")]
    [DataRow("init_lora_weights", "\"pissa\"")]
    [DataRow("init_lora_weights", "\"pissa_niter_16\"")]
    [DataRow("init_lora_weights", "\"olora\"")]
    [DataRow("init_lora_weights", "\"corda\"")]
    [DataRow("init_lora_weights", "\"loftq\"")]
    [DataRow("something_new", "0")]
    [DataRow("something_new", "\"x\"")]
    public void Check_SettingThatChangesTheResult_IsRefusedByName(string name, string value)
    {
        var reasons = Check($$"""{"{{name}}":{{value}}}""");

        Assert.HasCount(1, reasons);
        StringAssert.Contains(reasons[0], name + " is ");
    }

    [TestMethod]
    [DataRow("loftq_config", "{}")]
    [DataRow("use_dora", "false")]
    [DataRow("modules_to_save", "[]")]
    [DataRow("megatron_config", "null")]
    [DataRow("megatron_core", "\"megatron.core\"")]
    [DataRow("qalora_group_size", "16")]
    [DataRow("bias", "\"none\"")]
    [DataRow("init_lora_weights", "true")]
    [DataRow("init_lora_weights", "false")]
    [DataRow("init_lora_weights", "\"gaussian\"")]
    [DataRow("init_lora_weights", "\"eva\"")]
    [DataRow("init_lora_weights", "\"orthogonal\"")]
    [DataRow("eva_config", """{"rho":2.0}""")]
    [DataRow("lora_dropout", "0.05")]
    [DataRow("velora_config", """{"x":1}""")]
    [DataRow("kasa_config", "null")]
    [DataRow("something_new", "\"\"")]
    [DataRow("something_new", "false")]
    public void Check_SettingWithoutEffect_IsAccepted(string name, string value)
    {
        Assert.IsEmpty(Check($$"""{"{{name}}":{{value}}}"""));
    }

    private static List<string> Check(string json)
    {
        using var folder = new TemporaryFolder();
        var reasons = new List<string>();
        PeftSettings.Check(ConfigReader.Open(folder.Write("adapter_config.json", json)), reasons);
        return reasons;
    }
}
