using System.CommandLine;
using XlLoraOnnx.Exporter;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class WeightOptionsTests
{
    [TestMethod]
    public void Apply_EveryOption_IsInTheExport()
    {
        var options = Parse("--precision", "int4", "--block-size", "64", "--asymmetric", "--accuracy-level", "1",
            "--keep", "lm_head=int8, layers.0.*=fp16", "--keep", "*.down_proj=int8");

        Assert.AreEqual((ExportPrecision.Int4, 64, false, 1),
            (options.Precision, options.BlockSize, options.Symmetric, options.AccuracyLevel));
        Assert.AreEqual("lm_head=int8 layers.0.*=fp16 *.down_proj=int8", string.Join(' ', options.Keep));
    }

    [TestMethod]
    public void Apply_NoOption_IsTheDefaultExport()
    {
        var (options, expected) = (Parse(), new ExportOptions());

        Assert.AreEqual((expected.Precision, expected.BlockSize, expected.Symmetric, expected.AccuracyLevel),
            (options.Precision, options.BlockSize, options.Symmetric, options.AccuracyLevel));
        Assert.IsEmpty(options.Keep);
    }

    [TestMethod]
    [DataRow("lm_head")]
    [DataRow("=int8")]
    [DataRow("lm_head=int5")]
    [DataRow("lm_head=int8,")]
    [DataRow("lm_head=3")]
    public void Apply_MalformedRule_IsRefusedWithAnExample(string rules) =>
        StringAssert.Contains(Assert.ThrowsExactly<ArgumentException>(() => Parse("--keep", rules)).Message, "--keep lm_head=int8");

    [TestMethod]
    public void Parse_UnknownPrecision_IsAnError()
    {
        var (command, _) = Command();

        Assert.HasCount(1, command.Parse(["--precision", "int5"]).Errors);
    }

    private static ExportOptions Parse(params string[] arguments)
    {
        var (command, options) = Command();
        return options.Apply(command.Parse(arguments), new ExportOptions());
    }

    private static (Command Command, WeightOptions Options) Command()
    {
        var (command, options) = (new Command("export"), new WeightOptions());
        options.AddTo(command);
        return (command, options);
    }
}
