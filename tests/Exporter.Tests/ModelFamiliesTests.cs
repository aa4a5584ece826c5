
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class ModelFamiliesTests
{
    [TestMethod]
    [DataRow("Gemma3ForCausalLM")]
    [DataRow("Gemma3ForConditionalGeneration")]
    [DataRow("Gemma2ForCausalLM")]
    [DataRow("LlamaForCausalLM")]
    public void Find_SupportedArchitecture_GivesItsPlan(string architecture)
    {
        Assert.AreEqual(architecture, Find($$"""{"architectures":["{{architecture}}"]}""").Architecture);
    }

    [TestMethod]
    [DataRow("""{"architectures":["MistralForCausalLM"]}""", "MistralForCausalLM")]
    [DataRow("""{"architectures":["Gemma3ForCausalLM","Other"]}""", "Gemma3ForCausalLM, Other")]
    [DataRow("""{"architectures":[]}""", "[]")]
    [DataRow("{}", "[]")]
    public void Find_OtherArchitecture_ListsWhatIsSupported(string json, string found)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Find(json));

        StringAssert.Contains(error.Message, found);
        StringAssert.Contains(
            error.Message, "supported are Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3ForConditionalGeneration, LlamaForCausalLM");
    }

    [TestMethod]
    [DataRow("""{"model_type":"bert"}""", "BertModel")]
    [DataRow("""{"model_type":"roberta","architectures":null}""", "RobertaModel")]
    [DataRow("""{"model_type":"xlm-roberta","architectures":[]}""", "XLMRobertaModel")]
    [DataRow("""{"model_type":"distilbert"}""", "DistilBertModel")]
    [DataRow("""{"model_type":"modernbert"}""", "ModernBertModel")]
    [DataRow("""{"model_type":"llama"}""", "LlamaModel")]
    [DataRow("""{"model_type":"gemma3_text"}""", "Gemma3TextModel")]
    [DataRow("""{"model_type":"bert","architectures":["BertForCL"]}""", "BertForCL")]
    [DataRow("""{"model_type":"xlm-roberta","architectures":["XLMRobertaForCL"]}""", "XLMRobertaForCL")]
    [DataRow("""{"model_type":"gemma2","architectures":["Gemma2ForContrastiveLearning"]}""", "Gemma2ForContrastiveLearning")]
    public void Find_NoClassOrOneOfSomebodysOwn_GoesByTheModelType(string json, string architecture)
    {
        Assert.AreEqual(architecture, Find(json).Architecture);
    }

    [TestMethod]
    [DataRow("""{"model_type":"bert","architectures":["BertForSequenceClassification"]}""", "BertForSequenceClassification")]
    [DataRow("""{"model_type":"bert","architectures":["BertForCL","BertModel"]}""", "BertForCL, BertModel")]
    [DataRow("""{"model_type":"nomic_bert","architectures":["NomicBertModel"]}""", "model_type is \"nomic_bert\"")]
    [DataRow("""{"model_type":"llama","architectures":["LlamaBiModel"],"auto_map":{"AutoModel":"m.LlamaBiModel"}}""", "auto_map")]
    public void Find_ModelTypeThatSaysTooLittle_IsRefusedByName(string json, string named)
    {
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Find(json)).Message, named);
    }

    [TestMethod]
    [DataRow("Gemma2ForCausalLM", ExportPrecision.Fp16, "fp16: its activations leave the range of float16")]
    [DataRow("Gemma3ForCausalLM", ExportPrecision.Fp16, "Supported are fp32, bf16")]
    public void Find_PrecisionThatTheFamilyLacks_SaysWhyAndWhatThereIs(string architecture, ExportPrecision precision, string message)
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => Find($$"""{"architectures":["{{architecture}}"]}""", precision));

        StringAssert.Contains(error.Message, message);
    }

    private static (string Architecture, PlanModel Plan) Find(string json, ExportPrecision precision = ExportPrecision.Fp32)
    {
        using var folder = new TemporaryFolder();
        return ModelFamilies.Find(ConfigReader.Open(folder.Write("config.json", json)), precision);
    }
}
