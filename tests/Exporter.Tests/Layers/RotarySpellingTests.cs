namespace XlLoraOnnx.Exporter.Tests;

/// <summary>A config.json that has the frequencies as transformers 4 and as transformers 5 write them.</summary>
[TestClass]
public sealed class RotarySpellingTests
{
    private const string Linear = """{"rope_type":"linear","factor":2.0}""";
    private const string Other = """{"rope_type":"linear","factor":4.0}""";

    [TestMethod]
    [DataRow("llama", $$$"""{"rope_parameters":{{{Linear}}},"rope_scaling":{{{Other}}} }""", "rope_scaling.factor is 4.0")]
    [DataRow("llama", $$$"""{"rope_parameters":{"rope_type":"default"},"rope_scaling":{"type":"linear","factor":2.0}}""",
        "rope_scaling.type is \"linear\"")]
    [DataRow("llama", """{"rope_theta":500000.0,"rope_parameters":{"rope_theta":10000.0}}""", "rope_parameters.rope_theta is 10000.0")]
    [DataRow("gemma2", $$$"""{"rope_parameters":{"rope_type":"default"},"rope_scaling":{{{Linear}}} }""", "rope_scaling.rope_type")]
    [DataRow("gemma3", $$$"""{"rope_parameters":{"full_attention":{"rope_type":"default"}},"rope_scaling":{{{Linear}}} }""",
        "rope_parameters.full_attention.rope_type is \"default\"")]
    [DataRow("gemma3", """{"rope_local_base_freq":20000.0,"rope_parameters":{"sliding_attention":{"rope_theta":10000.0}}}""",
        "rope_local_base_freq is 20000.0")]
    [DataRow("modernbert", """{"global_rope_theta":160000.0,"rope_parameters":{"full_attention":{"rope_theta":10000.0}}}""",
        "global_rope_theta is 160000.0")]
    [DataRow("modernbert", """{"local_rope_theta":160000.0,"rope_parameters":{"sliding_attention":{"rope_theta":10000.0}}}""",
        "local_rope_theta is 160000.0")]
    public void Read_SpellingsThatContradict_AreRefusedWithBoth(string family, string json, string named)
    {
        using var folder = new TemporaryFolder();
        var config = ConfigReader.Open(folder.Write("config.json", json));

        var error = Assert.ThrowsExactly<NotSupportedException>(() => Rotaries(family, config));

        StringAssert.Contains(error.Message, named);
        StringAssert.Contains(error.Message, "versions of transformers follow one or the other");
    }

    [TestMethod]
    [DataRow("llama", $$$"""
        {"rope_theta":20000.0,"rope_parameters":{"rope_type":"linear","factor":2,"rope_theta":20000},"rope_scaling":{{{Linear}}} }
        """)]
    [DataRow("llama", $$$"""{"rope_theta":20000.0,"rope_parameters":{{{Linear}}},"rope_scaling":{"type":"linear","factor":2.0}}""")]
    [DataRow("gemma2", $$$"""{"rope_theta":20000.0,"rope_parameters":{{{Linear}}},"rope_scaling":{}}""")]
    [DataRow("gemma3", $$$"""
        {"rope_theta":20000.0,"rope_local_base_freq":10000.0,"rope_scaling":{{{Linear}}},"rope_parameters":{
         "full_attention":{"rope_type":"linear","factor":2.0},"sliding_attention":{"rope_theta":10000.0} } }
        """)]
    [DataRow("modernbert", """
        {"global_rope_theta":20000,"rope_parameters":{"full_attention":{"rope_type":"linear","factor":2.0,"rope_theta":20000.0}}}
        """)]
    public void Read_SpellingsThatAgree_AreRead(string family, string json)
    {
        using var folder = new TemporaryFolder();

        Assert.AreEqual(new RotaryScaling(20000, 2), Rotaries(family, ConfigReader.Open(folder.Write("config.json", json))));
    }

    private static RotaryScaling Rotaries(string family, ConfigReader config) => family switch
    {
        "llama" => new LlamaConfig(config).Rotary,
        "gemma2" => new Gemma2Config(config).Rotary,
        "gemma3" => Gemma3Config.Read(config).GlobalRotary,
        _ => new ModernBertConfig(config).GlobalRotary,
    };
}
