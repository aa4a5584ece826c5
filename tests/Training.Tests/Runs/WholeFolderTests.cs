namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class WholeFolderTests
{
    [TestMethod]
    public void Write_Files_AreThereWithTheirSums()
    {
        using var folder = new TemporaryFolder();
        WholeFolder.Write(folder.File("a"), [("one", s => s.Write("abc"u8)), ("two", _ => { })]);
        // the SHA-256 of "abc" (FIPS 180-2, appendix B.1) and of nothing
        Assert.AreEqual("""
            ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  one
            e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  two

            """, File.ReadAllText(folder.File("a/SHA256SUMS")));
        WholeFolder.Verify(folder.File("a"));
        CollectionAssert.AreEqual(new[] { folder.File("a") }, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    public void Write_OverAnotherAndWhatAFailureLeft_GivesTheNewOne()
    {
        using var folder = new TemporaryFolder();
        WholeFolder.Write(folder.File("a"), [("old", s => s.Write("abc"u8))]);
        folder.Write("a.partial/half", "…");
        folder.Write("a.deleted.partial/half", "…");
        WholeFolder.Write(folder.File("a"), [("new", s => s.Write("abc"u8))]);
        CollectionAssert.AreEquivalent(new[] { folder.File("a/new"), folder.File("a/SHA256SUMS") },
            Directory.GetFileSystemEntries(folder.File("a")));
        CollectionAssert.AreEqual(new[] { folder.File("a") }, Directory.GetFileSystemEntries(folder.Path));
    }

    [TestMethod]
    [DataRow("", "has the line")]
    [DataRow("ba7816bf  one", "has the line")]
    [DataRow("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  ../one", "has the line")]
    [DataRow("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  three", "is missing")]
    [DataRow("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ae  one", "is damaged: its 3 bytes")]
    public void Verify_SumsThatAreWrong_AreNamed(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a/one", "abc");
        folder.Write("a/SHA256SUMS", line + "\n");
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => WholeFolder.Verify(folder.File("a"))).Message, expected);
    }
}
