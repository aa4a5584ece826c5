namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class NamedFoldersTests
{
    [TestMethod]
    public void Parse_NamesAndFolders_KeepsTheirOrderAndLaterEqualsSigns()
    {
        var folders = NamedFolders.Parse(["pos=a/b", "neg=c=d"]);

        CollectionAssert.AreEqual(new[] { "pos", "neg" }, folders.Keys.ToArray());
        Assert.AreEqual("c=d", folders["neg"]);
    }

    [TestMethod]
    [DataRow("pos")]
    [DataRow("=folder")]
    [DataRow("pos=")]
    public void Parse_NotNameAndFolder_IsRefused(string argument)
    {
        var e = Assert.ThrowsExactly<ArgumentException>(() => NamedFolders.Parse([argument]));

        StringAssert.Contains(e.Message, $"'{argument}' is not NAME=DIR");
    }

    [TestMethod]
    public void Parse_OneNameTwice_IsRefused() =>
        StringAssert.Contains(
            Assert.ThrowsExactly<ArgumentException>(() => NamedFolders.Parse(["pos=a", "pos=b"])).Message, "Two adapters are named 'pos'");

    [TestMethod]
    public void ParseOrName_FolderAlone_IsNamedLikeIt()
    {
        var folders = NamedFolders.ParseOrName(["adapters/pos/", "negative=adapters/neg"]);

        Assert.AreEqual("adapters/pos/", folders["pos"]);
        Assert.AreEqual("adapters/neg", folders["negative"]);
    }
}
