namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class WeightFormatsTests
{
    private const string Query = "model.layers.0.self_attn.q_proj";

    [TestMethod]
    public void Choose_NoRules_QuantizesEverything()
    {
        var formats = Formats(ExportPrecision.Int4);

        Assert.AreEqual(ExportPrecision.Int4, formats.Linear(Query));
        Assert.AreEqual(ExportPrecision.Int4, formats.Table(WeightFormats.Embedding, WeightFormats.Head));
        formats.Verify();
    }

    [TestMethod]
    public void Table_Nf4_IsNotQuantizedUnlessARuleSaysSo()
    {
        Assert.AreEqual(ExportPrecision.Fp32, Formats(ExportPrecision.Nf4).Table(WeightFormats.Head));
        Assert.AreEqual(ExportPrecision.Int8, Formats(ExportPrecision.Nf4, "*_head", ExportPrecision.Int8).Table(WeightFormats.Head));
    }

    [TestMethod]
    [DataRow("layers.0.*")]
    [DataRow("*.q_proj")]
    [DataRow("layers.0.self_attn.q_proj")]
    [DataRow("layers.*.q_proj")]
    public void Linear_MatchingRule_HasItsFormat(string pattern)
    {
        var formats = Formats(ExportPrecision.Int4, pattern, ExportPrecision.Int8);

        Assert.AreEqual(ExportPrecision.Int8, formats.Linear(Query));
        Assert.AreEqual(ExportPrecision.Int4, formats.Linear("model.layers.10.self_attn.k_proj"));
        formats.Verify();
    }

    [TestMethod]
    public void Linear_SeveralRules_TheLastHolds()
    {
        var formats = new WeightFormats(new ExportOptions
        {
            Keep = [new("layers.*", ExportPrecision.Int8), new("*.q_proj", ExportPrecision.Nf4), new("lm_head", ExportPrecision.Int8)],
        });

        Assert.AreEqual(ExportPrecision.Nf4, formats.Linear(Query));
    }

    [TestMethod]
    [DataRow("embed_tokens")]
    [DataRow("lm_head")]
    public void Table_TiedModules_FollowARuleForEither(string pattern) => Assert.AreEqual(ExportPrecision.Int8,
        Formats(ExportPrecision.Int4, pattern, ExportPrecision.Int8).Table(WeightFormats.Embedding, WeightFormats.Head));

    [TestMethod]
    public void Verify_RuleWithoutAModule_IsRefusedByName()
    {
        var formats = Formats(ExportPrecision.Int4, "layers.7.*", ExportPrecision.Int8);
        formats.Linear(Query);
        formats.Table(WeightFormats.Embedding, WeightFormats.Head);

        var error = Assert.ThrowsExactly<ArgumentException>(formats.Verify);

        StringAssert.Contains(error.Message, "'layers.7.*=int8'");
        StringAssert.Contains(error.Message, "embed_tokens, lm_head and, for each layer, layers.0.self_attn.q_proj");
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(16)]
    [DataRow(48)]
    [DataRow(256)]
    public void Constructor_BlockSizeOutsideTheList_Throws(int blockSize) => StringAssert.Contains(
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new WeightFormats(new ExportOptions { BlockSize = blockSize })).Message,
        "32, 64, 128");

    [TestMethod]
    [DataRow(-1)]
    [DataRow(5)]
    public void Constructor_AccuracyLevelOutsideTheRange_Throws(int level) =>
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new WeightFormats(new ExportOptions { AccuracyLevel = level }));

    [TestMethod]
    public void Constructor_OtherFormatsThanTheActivations_AreRefusedByName()
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => Formats(ExportPrecision.Bf16, "lm_head", ExportPrecision.Fp16));

        StringAssert.Contains(error.Message, "'lm_head=fp16'");
    }

    [TestMethod]
    [DataRow(ExportPrecision.Int4, 32)]
    [DataRow(ExportPrecision.Nf4, 64)]
    public void BlockSize_NotGiven_IsThePrecisionsOwn(ExportPrecision precision, int expected) =>
        Assert.AreEqual(expected, Formats(precision).BlockSize);

    private static WeightFormats Formats(ExportPrecision precision) => new(new ExportOptions { Precision = precision });

    private static WeightFormats Formats(ExportPrecision precision, string pattern, ExportPrecision format) =>
        new(new ExportOptions { Precision = precision, Keep = [new(pattern, format)] });
}
