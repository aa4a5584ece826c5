namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class AnswerTableTests
{
    private static readonly AdapterKey Pos = new("pos", 1);

    [TestMethod]
    public void After_TokensThatCameTwice_GivesWhatFollowsWhileThereIsARule()
    {
        var table = new AnswerTable();
        table.Add(null, [1, 2, 3], [4, 5, 6]);
        Assert.IsEmpty(After(table, null, 2, 3), "once is no rule");
        table.Add(null, [9, 2, 3], [4, 5, 7]);

        CollectionAssert.AreEqual(new[] { 4, 5 }, After(table, null, 2, 3));
        CollectionAssert.AreEqual(new[] { 5 }, After(table, null, 3, 4));
        CollectionAssert.AreEqual(new[] { 4 }, After(table, null, most: 1, [2, 3]));
        Assert.IsEmpty(After(table, null, 1, 2), "of prompts the end alone counts");
        Assert.AreEqual(0, table.After(null, [3], new int[4]), "a row of a single token");
    }

    [TestMethod]
    public void After_AnotherTokenMoreOften_GivesThat()
    {
        var table = new AnswerTable();
        for (var i = 0; i < 20; i++)
            table.Add(Pos, [1, 2], [3]);
        CollectionAssert.AreEqual(new[] { 3 }, After(table, Pos, 1, 2));
        for (var i = 0; i < 20; i++)
            table.Add(Pos, [1, 2], [4]);

        CollectionAssert.AreEqual(new[] { 4 }, After(table, Pos, 1, 2));
    }

    [TestMethod]
    public void After_AnotherAdapterOrEdition_GivesNothing()
    {
        var table = new AnswerTable();
        table.Add(Pos, [1, 2], [3]);
        table.Add(Pos, [1, 2], [3]);

        CollectionAssert.AreEqual(new[] { 3 }, After(table, Pos, 1, 2));
        Assert.IsEmpty(After(table, null, 1, 2));
        Assert.IsEmpty(After(table, new AdapterKey("neg", 1), 1, 2));
        Assert.IsEmpty(After(table, Pos with { Edition = 2 }, 1, 2));
    }

    [TestMethod]
    public void Add_MoreThanIsKept_ForgetsTheOldest()
    {
        var table = new AnswerTable(mostPairs: 20);
        for (var i = 0; i < 100; i++)
        {
            table.Add(Pos, [1, i], [1000 + i]);
            table.Add(Pos, [1, i], [1000 + i]);
            Assert.IsLessThanOrEqualTo(20, table.Count);
        }

        Assert.IsEmpty(After(table, Pos, 1, 79));
        CollectionAssert.AreEqual(new[] { 1080 }, After(table, Pos, 1, 80));
        CollectionAssert.AreEqual(new[] { 1099 }, After(table, Pos, 1, 99));
    }

    private static int[] After(AnswerTable table, AdapterKey? adapter, int first, int second) =>
        After(table, adapter, most: 4, [first, second]);

    private static int[] After(AnswerTable table, AdapterKey? adapter, int most, int[] tokens)
    {
        var found = new int[most];
        return found[..table.After(adapter, tokens, found)];
    }
}
