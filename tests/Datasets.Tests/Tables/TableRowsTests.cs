namespace XlLoraOnnx.Datasets.Tests;

[TestClass]
public sealed class TableRowsTests
{
    [TestMethod]
    public async Task ReadAsync_TsvWithLoneQuotes_KeepsEveryLine()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("anchors.tsv", "sent0\tlang\n\"We go to the market.\ten\nThen we come home.\"\ten\nA cook sells fish.\ten\n");

        var rows = await ReadAsync(path);

        CollectionAssert.AreEqual((string[])["sent0", "\"We go to the market.", "Then we come home.\"", "A cook sells fish."],
            rows.ConvertAll(r => r.Fields[0]));
        CollectionAssert.AreEqual((long[])[1, 2, 3, 4], rows.ConvertAll(r => r.Line));
    }

    [TestMethod]
    [DataRow("a.tsv")]
    [DataRow("a.tab")]
    [DataRow("a.csv")]
    public async Task ReadAsync_TsvWithAFieldOverTwoLines_IsRefusedWithItsLine(string name)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write(name, "text\tlang\none\ten\n\"two\nlines\"\ten\n");
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(path));
        StringAssert.Contains(e.Message, $"{path}, line 3, row 1 (counted from 0 after the header): 1 fields but 2 were expected");
        StringAssert.Contains(e.Message, "a row is one line");
    }

    [TestMethod]
    [DataRow("a.csv", "a,b\n\"x\ny\",z\n", "x\ny|z")]
    [DataRow("a.csv", "a;b\n\"x;y\";z\n", "x;y|z")]
    [DataRow("a.csv", "\"a, or so\"\tb\nx, y\tz\n", "x, y|z")]
    [DataRow("a.tsv", "\"a\"\tb, c\nx\t\"y\"\n", "x|y")]
    public async Task ReadAsync_SeparatorByTheFirstLine_SplitsTheRows(string name, string content, string expected)
    {
        using var folder = new TemporaryFolder();
        CollectionAssert.AreEqual(expected.Split('|'), (await ReadAsync(folder.Write(name, content)))[1].Fields);
    }

    [TestMethod]
    [DataRow("\"We go to the market.\nThen we come home.\"\n", 3, 2, 0)]
    [DataRow("\"one \"\"quoted\"\"\nstill\n\nthe same\"\n", 5, 2, 0)]
    [DataRow("first\n\"\"\"quoted\"\" at first,\nthen closed\"", 4, 3, 1)]
    public async Task ReadAsync_QuoteOverLinesOfOneColumn_IsRefusedWithBothLines(string rows, int closes, int opens, int row)
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["a.tsv", "a.tab"])
        {
            var path = folder.Write(name, "sent0\n" + rows);
            var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(path));
            StringAssert.Contains(e.Message, $"{path}, line {closes}, row ");
            StringAssert.Contains(e.Message, $"it closes a quote that line {opens} opens");
            StringAssert.Contains(e.Message, "without the header as plain text");
        }
        Assert.HasCount(2 + row, await ReadAsync(folder.Write("a.csv", "sent0\n" + rows)), "in CSV it is one text");
    }

    [TestMethod]
    [DataRow("\"Yes,\" he said.\nHe said \"no\"\n")]
    [DataRow("\"whole\"\nends with a quote\"\n")]
    [DataRow("\"opens\nand never closes\n")]
    [DataRow("\"opens\nhas a \"quote\" within\nends with one\"\n")]
    [DataRow("\"opens\n\"opens again, he said: \"so\nends\n")]
    [DataRow("6\" nails\n5\"\n")]
    public async Task ReadAsync_OtherQuotesOfOneColumn_AreText(string rows)
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("a.tsv", "sent0\n" + rows);

        CollectionAssert.AreEqual(
            rows.TrimEnd('\n').Split('\n').Select(r => r == "\"whole\"" ? "whole" : r).ToArray(),
            (await ReadAsync(path)).Skip(1).Select(r => r.Fields[0]).ToArray());
    }

    private static async Task<List<TableRow>> ReadAsync(string path)
    {
        List<TableRow> rows = [];
        await using var file = await DataFile.OpenAsync(path);
        await foreach (var row in TableRows.ReadAsync(file, default))
            rows.Add(row);
        return rows;
    }
}
