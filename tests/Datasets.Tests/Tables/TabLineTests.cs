namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class TabLineTests
{
    [TestMethod]
    [DataRow("a\tb", "a|b")]
    [DataRow("\"We go to the market.\ten", "\"We go to the market.|en")]
    [DataRow("Then we come home.\"\ten", "Then we come home.\"|en")]
    [DataRow("\"quoted whole\"\ten", "quoted whole|en")]
    [DataRow("\"with \"\"two\"\" in it\"\ten", "with \"two\" in it|en")]
    [DataRow("\"with \"two\" in it\"\ten", "\"with \"two\" in it\"|en")]
    [DataRow("\"a tab\tin it\"\ten", "a tab\tin it|en")]
    [DataRow("\"Yes\tNo\"", "\"Yes|No\"")]
    [DataRow("\"\"\t\"", "|\"")]
    [DataRow("\t", "|")]
    [DataRow("\"\"\"\t\"\"\"\"", "\"\"\"|\"")]
    public void Split_OfTwoFields_TakesQuotesOnlyAroundWholeFields(string line, string expected) =>
        CollectionAssert.AreEqual(expected.Split('|'), TabLine.Split(line, 2));

    [TestMethod]
    public void Split_AnotherNumberThanTheHeader_StaysAsCut() => CollectionAssert.AreEqual((string[])["\"a", "b", "c"], TabLine.Split("\"a\tb\tc", 2));
}
