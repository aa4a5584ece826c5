using XlLoraOnnx.Tests;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ModelFamiliesTests
{
    [TestMethod]
    [DataRow("Gemma3ForCausalLM")]
    [DataRow("Gemma3ForConditionalGeneration")]
    public void Find_SupportedArchitecture_GivesItsPlan(string architecture)
    {
        Assert.AreEqual(architecture, Find($$"""{"architectures":["{{architecture}}"]}""").Architecture);
    }

    [TestMethod]
    [DataRow("""{"architectures":["LlamaForCausalLM"]}""", "LlamaForCausalLM")]
    [DataRow("""{"architectures":["Gemma3ForCausalLM","Other"]}""", "Gemma3ForCausalLM, Other")]
    [DataRow("""{"architectures":[]}""", "[]")]
    [DataRow("{}", "[]")]
    public void Find_OtherArchitecture_ListsWhatIsSupported(string json, string found)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Find(json));

        StringAssert.Contains(error.Message, found);
        StringAssert.Contains(error.Message, "supported are Gemma3ForCausalLM, Gemma3ForConditionalGeneration");
    }

    private static (string Architecture, PlanModel Plan) Find(string json)
    {
        using var folder = new TemporaryFolder();
        return ModelFamilies.Find(ConfigReader.Open(folder.Write("config.json", json)));
    }
}
