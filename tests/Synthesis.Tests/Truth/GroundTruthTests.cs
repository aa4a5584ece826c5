using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class GroundTruthTests
{
    private const string Line =
        "{\"language\":\"de\",\"sent0\":\"A\",\"event\":[1],\"entailments\":[\"e1\",\"e2\"],\"contradictions\":[\"c1\"]}\n";

    [TestMethod]
    public async Task Report_RecordedGreedyAnswers_GivesRecordedShares()
    {
        var truth = await GroundTruth.ReadAsync(Repository.Demo("world", "truth.jsonl.gz"));
        var report = truth.Report(Repository.GreedyLines().Select(ReadGreedy));
        Assert.AreEqual(600, truth.Count);
        Assert.AreEqual(600, report.Total.Count);
        Assert.AreEqual(0.9783, report.Total.EntailmentShare, 0.00005);
        Assert.AreEqual(0.865, report.Total.ContradictionShare, 1e-12);
        Assert.AreEqual("de en es ha hi id ko sw vi zh", string.Join(' ', report.Languages.Keys));
        Assert.IsTrue(report.Languages.Values.All(l => l.Count == 60));
        Assert.AreEqual(report.Total.Entailments, report.Languages.Values.Sum(l => l.Entailments));
        Assert.AreEqual((0, 0), (report.Rejected, report.Unknown));
    }

    [TestMethod]
    [DataRow("A", "e2", "c1", true, true)]
    [DataRow("A", "c1", "e1", false, false)]
    [DataRow("A", "E1", "c1 ", false, false)]
    public async Task Judge_Triplet_IsSetMembership(string anchor, string positive, string negative, bool entails, bool contradicts)
    {
        var judgement = (await ReadAsync(Line)).Judge(Triplet(anchor, positive, negative));
        Assert.AreEqual(new TripletJudgement("de", entails, contradicts), judgement);
    }

    [TestMethod]
    public async Task Report_RejectedAndUnknownRows_AreCountedApart()
    {
        var rejected = Triplet("A", "e1", "c1") with { Rejected = new Rejection(RejectionReason.Failed, "") };
        var report = (await ReadAsync(Line)).Report([Triplet("A", "e1", "x"), Triplet("B", "e1", "c1"), rejected]);
        Assert.AreEqual(new TruthShares(1, 1, 0), report.Total);
        Assert.AreEqual(new TruthShares(1, 1, 0), report.Languages["de"]);
        Assert.AreEqual((1, 1), (report.Rejected, report.Unknown));
    }

    [TestMethod]
    [DataRow("{", "line 2")]
    [DataRow("null", "line 2 is null")]
    [DataRow("[]", "line 2")]
    [DataRow("{\"language\":\"de\",\"sent0\":\"B\",\"entailments\":[]}", "contradictions")]
    [DataRow("{\"language\":\"de\",\"sent0\":null,\"entailments\":[],\"contradictions\":[]}", "line 2")]
    [DataRow("{\"language\":\"de\",\"sent0\":\"A\",\"entailments\":[],\"contradictions\":[]}", "\"A\" occurs twice")]
    public async Task ReadAsync_BadLine_TellsLineAndReason(string line, string reason)
    {
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => ReadAsync(Line + line));
        StringAssert.Contains(e.Message, "line 2");
        StringAssert.Contains(e.Message, reason);
    }

    [TestMethod]
    public async Task ReadAsync_NoSuchFile_Throws() =>
        await Assert.ThrowsExactlyAsync<FileNotFoundException>(() => GroundTruth.ReadAsync("no-such-truth.jsonl"));

    private static async Task<GroundTruth> ReadAsync(string text)
    {
        using var folder = new TemporaryFolder();
        return await GroundTruth.ReadAsync(folder.Write("truth.jsonl", text));
    }

    private static SynthesisResult ReadGreedy(string line)
    {
        using var row = JsonDocument.Parse(line);
        string Text(string name) => row.RootElement.GetProperty(name).GetString()!;
        return Triplet(Text("sent0"), Text("pos"), Text("neg"));
    }

    private static SynthesisResult Triplet(string anchor, string positive, string negative) =>
        new() { RowId = 0, Sent0 = anchor, Sent1 = positive, HardNeg = negative };
}
