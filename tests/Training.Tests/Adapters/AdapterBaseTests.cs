namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdapterBaseTests
{
    [TestMethod]
    [DataRow("gemma3-text", "model.")]
    [DataRow("gemma3-multimodal", "model.language_model.")]
    [DataRow("gemma2", "model.")]
    [DataRow("llama31", "model.")]
    public void Open_EachFamily_HasItsLinearModulesAndNoHead(string model, string text)
    {
        using var opened = AdapterBase.Open(Repository.Data("models", model));

        CollectionAssert.AreEquivalent((string[])["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"],
            opened.Slots.Select(LoraParameters.LastName).Distinct().ToArray());
        Assert.AreEqual(text, opened.Text);
        Assert.AreEqual(model, opened.Name);
    }

    [TestMethod]
    public void Fingerprint_OfTheDemonstrationBase_IsThatOfItsExport()
    {
        using var folder = new TemporaryFolder();
        using var model = AdapterBase.Open(Repository.Demo("base"));

        var report = ModelExporter.Export(Repository.Demo("base"), folder.File("model"));

        Assert.AreEqual(report.BaseFingerprint, model.Fingerprint(CancellationToken.None));
    }

    [TestMethod]
    public void Open_AnEncoder_IsRefused()
    {
        var e = Assert.ThrowsExactly<NotSupportedException>(() => AdapterBase.Open(Repository.DemoEncoder()));

        StringAssert.Contains(e.Message, "adapters are trained for models that continue a text");
    }
}
