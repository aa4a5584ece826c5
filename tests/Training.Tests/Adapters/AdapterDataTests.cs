namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class AdapterDataTests
{
    private static readonly AdapterTrainingOptions Language = new();

    [TestMethod]
    public void Read_ATable_HasTheFirstRowsInTheirOrderAndTheSumOfTheFile()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.csv", "hard_neg,sent0\nn1,a1\nn2,a2\nn3,NA\n");

        var data = AdapterFiles.Read(path, new() { Side = AdapterSide.Negative, TrainRows = 2 });

        Assert.AreEqual(2, data.Rows);
        Assert.AreEqual(("a2", "n2"), data[1]);
        Assert.AreEqual($"{path}, line 3", data.Where(1));
        Assert.AreEqual("d.csv", data.Name);
        Assert.AreEqual(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path))), data.Sha256);
    }

    [TestMethod]
    public void Read_JsonLines_TakesTheFieldsOfLanguageAdapters()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.jsonl",
            "{\"inputs\":\"q\",\"targets\":\"a\",\"language\":\"hau\"}\n{\"targets\":\"b\",\"inputs\":\"r\"}\n");

        var data = AdapterFiles.Read(path, Language);

        Assert.AreEqual(("r", "b"), data[1]);
        Assert.AreEqual("xllora-language-v1", data.Prompt.Name);
    }

    [TestMethod]
    public void Read_RowsOfTwoKinds_AreRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.jsonl", "{\"inputs\":\"q\",\"targets\":\"a\"}\n{\"prompt\":\"q\",\"completion\":\"a\"}\n");

        var e = Assert.ThrowsExactly<InvalidDataException>(() => AdapterFiles.Read(path, Language));

        StringAssert.Contains(e.Message, "line 2 has prompt and completion, and the rows before have inputs and targets");
    }

    [TestMethod]
    public void Read_CellsWithoutText_AreRefusedWithTheirLines()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.csv", "sent0,sent1\na,b\n ,c\nd,\n");

        var e = Assert.ThrowsExactly<InvalidDataException>(() => AdapterFiles.Read(path, AdapterFiles.Positive));

        StringAssert.Contains(e.Message, $"has 2 cells without a text: {path}, line 3 (\"sent0\"); {path}, line 4 (\"sent1\")");
    }

    [TestMethod]
    public void Read_AHeaderAlone_HasNothingToTrainOn()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("d.csv", "sent0,sent1\n");

        var e = Assert.ThrowsExactly<InvalidDataException>(() => AdapterFiles.Read(path, AdapterFiles.Positive));

        StringAssert.Contains(e.Message, "no row to train on, only the header sent0, sent1");
    }

    [TestMethod]
    public void Read_StandardInput_IsRefused() =>
        Assert.ThrowsExactly<NotSupportedException>(() => AdapterFiles.Read("-", AdapterFiles.Positive));
}
