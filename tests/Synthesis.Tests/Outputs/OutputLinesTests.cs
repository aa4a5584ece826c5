using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class OutputLinesTests
{
    private static readonly Gen<string> Text = Gen.OneOf<string>(
        Gen.OneOf("x", " ", ",", "\"", "\n", "\r", "\r\n", "\t", "ƙ", "𝒳", "<&'>", "\u2028", "sent0", "=1+1", "\uFEFF", "\u0001"),
        Gen.Char['a', 'z'].Array[1, 5].Select(c => new string(c))).Array[1, 6].Select(string.Concat);

    [TestMethod]
    public void Add_ATriplet_IsALineOfEachFile()
    {
        using var lines = new OutputLines();
        var row = OutputRows.Make(7, "Someone, ƙ \"reads\".", "P", "N\n2", raw: "\"raw\"");
        row.Flagged = true;

        lines.Add(row);

        Assert.AreEqual("\"Someone, ƙ \"\"reads\"\".\",P,\"N\n2\"\n", Utf8(lines.Table));
        Assert.AreEqual("{\"sent0\":\"Someone, ƙ \\\"reads\\\".\",\"sent1\":\"P\",\"hard_neg\":\"N\\n2\"}\n", Utf8(lines.Triplets));
        var key = row.Anchor.Key;
        Assert.AreEqual(
            $"{{\"id\":\"{key}\",\"row\":7,\"sample\":0,\"anchor_sha256\":\"{Hash(row.Anchor.Text)}\","
            + $"\"sent1\":{Receipt(key, SynthesisSide.Positive, attempt: 1)},"
            + $"\"hard_neg\":{Receipt(key, SynthesisSide.Negative, attempt: 0)},"
            + "\"flagged\":true}\n",
            Utf8(lines.Receipts));
        Assert.AreEqual("", Utf8(lines.Rejected));
        CollectionAssert.AreEqual(MerkleTree.Leaf(lines.Triplets[..^1], lines.Receipts[..^1]), lines.Leaves.Single());
    }

    [TestMethod]
    public void Add_ARejectedRow_IsALineOfRejectedAlone()
    {
        using var lines = new OutputLines();
        var row = OutputRows.Make(3, "anchor", "P", "never", new Rejection(RejectionReason.Length, "too long", SynthesisSide.Negative),
            sample: 2, raw: "raw");
        lines.Add(row);
        lines.Add(OutputRows.Make(4, " ", null, null, new Rejection(RejectionReason.EmptyAnchor, "The anchor is blank.")));

        Assert.AreEqual(0, lines.Table.Length + lines.Triplets.Length + lines.Receipts.Length + lines.Leaves.Count);
        var rejected = Utf8(lines.Rejected).Split('\n');
        Assert.AreEqual($"{{\"id\":\"{row.Anchor.Key}-2\",\"row\":3,\"sample\":2,\"reason\":\"length\",\"column\":\"hard_neg\","
            + "\"detail\":\"too long\",\"sent0\":\"anchor\",\"sent1\":\"raw\",\"sent1_attempt\":1,"
            + "\"hard_neg\":\"raw\",\"hard_neg_attempt\":0}",
            rejected[0]);
        StringAssert.EndsWith(rejected[1], ",\"reason\":\"empty-anchor\",\"detail\":\"The anchor is blank.\",\"sent0\":\" \"}");
        Assert.AreEqual("", rejected[2]);
        Assert.AreEqual(row.Anchor.Key, OutputRow.KeyOf(row.Id));
    }

    [TestMethod]
    public void Add_AnswerThatWasNeverGenerated_IsNotShown()
    {
        using var lines = new OutputLines();
        var made = OutputRows.Make(3, "anchor", "", "N", new Rejection(RejectionReason.Failed, "it fell over", SynthesisSide.Positive));
        var row = new OutputRow(made.Anchor, 0)
        {
            Positive = made.Positive! with { Answer = made.Positive.Answer with { Reason = RejectionReason.Failed } },
            Negative = made.Negative,
            Rejected = made.Rejected,
        };

        lines.Add(row);

        using var json = JsonDocument.Parse(Utf8(lines.Rejected));
        Assert.IsFalse(json.RootElement.TryGetProperty("sent1", out _));
        Assert.AreEqual("N", json.RootElement.GetProperty("hard_neg").GetString());
        Assert.IsNull(row.Result().Sent1);
    }

    [TestMethod]
    [DataRow(SynthesisSide.Positive, "sent0,sent1", "anchor,P")]
    [DataRow(SynthesisSide.Negative, "sent0,hard_neg", "anchor,N")]
    [DataRow(null, "sent0,sent1,hard_neg", "anchor,P,N")]
    public void Add_SidesThatAreAskedFor_AreColumnsInTheOrderOfSimCse(SynthesisSide? only, string header, string line)
    {
        using var lines = new OutputLines();
        lines.Add(OutputRows.Make(0, "anchor", only == SynthesisSide.Negative ? null : "P", only == SynthesisSide.Positive ? null : "N"));

        Assert.AreEqual(header + "\n", Encoding.UTF8.GetString(OutputLines.Csv(OutputLines.Columns(new SynthesisOptions { Only = only }))));
        Assert.AreEqual(line + "\n", Utf8(lines.Table));
        using var json = JsonDocument.Parse(Utf8(lines.Triplets));
        Assert.AreEqual(header, string.Join(',', json.RootElement.EnumerateObject().Select(p => p.Name)));
    }

    [TestMethod]
    public void Clear_BetweenRows_LeavesNothingOfThem()
    {
        using var lines = new OutputLines();
        using var fresh = new OutputLines();
        for (int i = 0; i < 50; i++)
        {
            lines.Add(OutputRows.Make(i, new string('x', 400 - 7 * i), "P", "N"));
            lines.Add(OutputRows.Make(i, "y", "P", "N", new Rejection(RejectionReason.Length, "d", SynthesisSide.Positive)));
            _ = i % 2 == 0 ? lines.Table.Length : 0;
            lines.Clear();
            Assert.AreEqual(0, lines.Table.Length + lines.Triplets.Length + lines.Receipts.Length + lines.Rejected.Length
                + lines.Leaves.Count);
        }

        lines.Add(OutputRows.Make(1, "last", "P", "N"));
        fresh.Add(OutputRows.Make(1, "last", "P", "N"));

        Assert.AreEqual(Utf8(fresh.Table), Utf8(lines.Table));
        Assert.AreEqual(Utf8(fresh.Triplets), Utf8(lines.Triplets));
        Assert.AreEqual(Utf8(fresh.Receipts), Utf8(lines.Receipts));
        CollectionAssert.AreEqual(fresh.Leaves.Single(), lines.Leaves.Single());
    }

    [TestMethod]
    public void Add_AnyTexts_AreReadBackFromTableAndLines() =>
        Gen.Select(Text, Text, Text).Array[1, 5].Sample(rows =>
        {
            using var folder = new TemporaryFolder();
            using var lines = new OutputLines();
            foreach (var (anchor, positive, negative) in rows)
                lines.Add(OutputRows.Make(0, anchor, positive, negative));
            File.WriteAllBytes(folder.File("table.csv"), [.. OutputLines.Csv(OutputLines.Columns(new SynthesisOptions())), .. lines.Table]);
            File.WriteAllBytes(folder.File("lines"), lines.Triplets);

            CollectionAssert.AreEqual(rows.Select(r => r.Item1).ToArray(), Column(folder, "sent0"));
            CollectionAssert.AreEqual(rows.Select(r => r.Item2).ToArray(), Column(folder, "sent1"));
            CollectionAssert.AreEqual(rows.Select(r => r.Item3).ToArray(), Column(folder, "hard_neg"));
            CollectionAssert.AreEqual(
                rows.Select(r => $"{r.Item1}|{r.Item2}|{r.Item3}").ToArray(),
                Utf8(lines.Triplets).Split('\n')[..^1].Select(l => JsonDocument.Parse(l).RootElement)
                    .Select(j => $"{Value(j, "sent0")}|{Value(j, "sent1")}|{Value(j, "hard_neg")}").ToArray());
        });

    private static string[] Column(TemporaryFolder folder, string name) =>
        [.. TextColumn.ReadAsync(folder.File("table.csv"), name, "", CancellationToken.None).ToBlockingEnumerable()];

    private static string? Value(JsonElement line, string name) => line.GetProperty(name).GetString();

    private static string Receipt(RowKey key, SynthesisSide side, int attempt) =>
        $"{{\"context\":\"context-1\",\"request\":{key.RequestId(side, 0)},\"attempt\":{attempt},\"prompt_tokens\":10,\"tokens\":5,"
        + "\"repairs\":[\"quotes\"]}";

    private static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Utf8(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
