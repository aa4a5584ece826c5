namespace XlLoraOnnx.Runtime.Tests;

[TestClass]
public sealed class AnswerTableTests
{
    private static readonly AdapterKey Pos = new("pos", 1);

    [TestMethod]
    public void After_TokensOfTwoAnswers_GivesTheLastOne()
    {
        var table = new AnswerTable();
        table.Add(null, [1, 2, 3], [4, 5, 6]);
        table.Add(null, [1, 2, 3], [4, 7, 8]);

        CollectionAssert.AreEqual(new[] { 4, 7, 8 }, table.After(null, [2, 3]).ToArray());
        CollectionAssert.AreEqual(new[] { 7, 8 }, table.After(null, [3, 4]).ToArray());
        CollectionAssert.AreEqual(new[] { 6 }, table.After(null, [4, 5]).ToArray());
        Assert.IsEmpty(table.After(null, [5, 6]).ToArray(), "nothing came behind the end");
        Assert.IsEmpty(table.After(null, [1, 2]).ToArray(), "of prompts the end alone is kept");
    }

    [TestMethod]
    public void After_AnotherAdapterOrEdition_GivesNothing()
    {
        var table = new AnswerTable();
        table.Add(Pos, [1, 2], [3]);

        CollectionAssert.AreEqual(new[] { 3 }, table.After(Pos, [1, 2]).ToArray());
        Assert.IsEmpty(table.After(null, [1, 2]).ToArray());
        Assert.IsEmpty(table.After(new AdapterKey("neg", 1), [1, 2]).ToArray());
        Assert.IsEmpty(table.After(Pos with { Edition = 2 }, [1, 2]).ToArray());
    }

    [TestMethod]
    public void Add_MoreThanIsKept_ForgetsTheOldest()
    {
        var table = new AnswerTable(mostTokens: 20);
        for (var i = 0; i < 100; i++)
        {
            table.Add(Pos, [1, i], [1000 + i, 7, 7, i]);
            Assert.IsLessThanOrEqualTo(20, table.Tokens);
        }

        Assert.IsEmpty(table.After(Pos, [1, 96]).ToArray());
        CollectionAssert.AreEqual(new[] { 1099, 7, 7, 99 }, table.After(Pos, [1, 99]).ToArray());
        CollectionAssert.AreEqual(new[] { 1097, 7, 7, 97 }, table.After(Pos, [1, 97]).ToArray());
    }

    [TestMethod]
    public void Add_EmptyOrTooLongAnswers_KeepsNothing()
    {
        var table = new AnswerTable(mostTokens: 20);
        table.Add(Pos, [1, 2], []);
        table.Add(Pos, [1], [2]);
        table.Add(Pos, [1, 2], [.. Enumerable.Range(0, 19)]);

        Assert.AreEqual(0, table.Tokens);
    }
}
