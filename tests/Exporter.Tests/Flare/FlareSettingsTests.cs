namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class FlareSettingsTests
{
    [TestMethod]
    [DataRow("add", FusionFunction.Add)]
    [DataRow("mul", FusionFunction.Mul)]
    [DataRow("matmul", FusionFunction.MatMul)]
    [DataRow("add_relu", FusionFunction.AddRelu)]
    [DataRow("matmul_relu", FusionFunction.MatMulRelu)]
    [DataRow("cross-attention", FusionFunction.CrossAttention)]
    public void Of_AdapterThatNamesItsFunction_NeedsNothingElse(string name, FusionFunction function)
    {
        var settings = Read($"flare-{name}", null, new FlareOptions { BaseFolder = "", Alpha = 16, CrossAttentionHeads = 1 });

        Assert.AreEqual((function, 16.0, FlareSource.Model), (settings.Fusion!.Value, settings.Alpha, settings.Source));
    }

    [TestMethod]
    [DataRow("lora", false)]
    [DataRow("lora-default", false)]
    [DataRow("inputfusion", true)]
    public void Of_PlainAdapter_HasNoFunction(string adapter, bool joins)
    {
        var settings = Read(adapter, """{"lora_alpha": 4, "fusion_fn": "add"}""");

        Assert.IsNull(settings.Fusion);
        Assert.AreEqual((FlareSource.None, joins), (settings.Source, settings.JoinsTexts));
    }

    [TestMethod]
    public void Of_FlareMt_TakesItsFunctionFromTheResultsOrTheCaller()
    {
        var recorded = Read("flare-fusemt", """{"lora_alpha": 4, "fusion_fn": "mul"}""");
        var given = Read("flare-fusemt", """{"lora_alpha": 4}""", new FlareOptions { BaseFolder = "", Fusion = FusionFunction.Add });

        Assert.AreEqual((FusionFunction.Mul, FusionFunction.Add), (recorded.Fusion, given.Fusion));
        Assert.AreEqual(FlareSource.TranslationEncoder, given.Source);
    }

    [TestMethod]
    [DataRow("flare-fusemt", """{"lora_alpha": 4}""", "--fusion")]
    [DataRow("flare-add", null, "--lora-alpha")]
    [DataRow("flare-add", "{}", "--lora-alpha")]
    [DataRow("flare-cross-attention", """{"lora_alpha": 4}""", "--cross-attention-heads")]
    [DataRow("flare-cross-attention", """{"lora_alpha": 4, "cross_attention_heads": 3}""", "does not divide the rank 2")]
    [DataRow("flare-add", """{"lora_alpha": 0}""", "above 0")]
    [DataRow("flare-add", """{"lora_alpha": 4, "lora_r": 8}""", "has rank 2")]
    [DataRow("flare-add", """{"lora_alpha": 4, "fusion_fn": "mul"}""", "flare-add")]
    [DataRow("flare-add", """{"lora_alpha": 4, "adapter_name": "flare-mul"}""", "adapter_name")]
    public void Of_RunThatDoesNotSayEnough_SaysWhatIsMissing(string adapter, string? results, string said) =>
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => Read(adapter, results)).Message, said);

    [TestMethod]
    [DataRow("flare-average", """{"lora_alpha": 4}""", "add, mul, matmul, add_relu, matmul_relu, cross-attention")]
    [DataRow("mine", """{"lora_alpha": 4}""", "lora-default")]
    public void Of_UnknownFunctionOrAdapter_ListsThoseThereAre(string adapter, string results, string said) =>
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => Read(adapter, results)).Message, said);

    [TestMethod]
    public void Of_CallerWhoContradictsTheRun_IsTold()
    {
        const string Results = """{"lora_alpha": 4, "cross_attention_heads": 2}""";

        foreach (var (options, said) in (IEnumerable<(FlareOptions, string)>)
        [
            (new FlareOptions { BaseFolder = "", Alpha = 8 }, "--lora-alpha"),
            (new FlareOptions { BaseFolder = "", Fusion = FusionFunction.Mul }, "--fusion"),
            (new FlareOptions { BaseFolder = "", CrossAttentionHeads = 1 }, "--cross-attention-heads"),
        ])
            StringAssert.Contains(
                Assert.ThrowsExactly<ArgumentException>(() => Read("flare-cross-attention", Results, options)).Message, said);
    }

    private static FlareSettings Read(string adapter, string? results, FlareOptions? options = null)
    {
        using var folder = new TemporaryFolder();
        FlareRuns.Write(folder.Path, FlareRuns.Small(adapter), results);
        using var run = FlareRun.Open(folder.Path);
        return FlareSettings.Of(run, options ?? new FlareOptions { BaseFolder = "" });
    }
}
