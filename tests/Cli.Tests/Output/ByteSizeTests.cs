namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class ByteSizeTests
{
    [TestMethod]
    [DataRow("4GiB", 4L << 30)]
    [DataRow("512MiB", 512L << 20)]
    [DataRow("1GB", 1_000_000_000L)]
    [DataRow("1.5 gib", 3L << 29)]
    [DataRow("2g", 2L << 30)]
    [DataRow("1048576", 1L << 20)]
    public void Parse_SizesAsPeopleWriteThem_AreBytes(string text, long bytes) =>
        Assert.AreEqual(bytes, ByteSize.Parse(text, "--max-ram"));

    [TestMethod]
    [DataRow("")]
    [DataRow("GiB")]
    [DataRow("-1GiB")]
    [DataRow("0")]
    [DataRow("4 apples")]
    [DataRow("99999999999TiB")]
    [DataRow("1,5GiB")]
    public void Parse_AnythingElse_ShowsExamples(string text)
    {
        var error = Assert.ThrowsExactly<ArgumentException>(() => ByteSize.Parse(text, "--max-ram"));

        StringAssert.Contains(error.Message, "--max-ram");
        StringAssert.Contains(error.Message, "4GiB");
    }
}
