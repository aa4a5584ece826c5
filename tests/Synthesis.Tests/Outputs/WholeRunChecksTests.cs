using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class WholeRunChecksTests
{
    private static readonly SynthesisJobOptions Job = new() { Input = "i", Output = "o" };

    private static readonly Rejection Long = new(RejectionReason.Length, "long", SynthesisSide.Positive);

    [TestMethod]
    public void Check_AnySplitIntoBatches_GivesTheSameVerdicts() =>
        // few words, so that answers repeat and nearly repeat
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 12], Gen.Bool).Array[1, 40].SelectMany(r => Gen.Int[1, r.Length].Select(size => (r, size)))
            .Sample((rows, size) =>
            {
                var job = Job with { RejectNearDuplicates = rows.Length % 2 == 0, MaxOccurrences = 3 };
                var (whole, parts) = (new WholeRunChecks(job, rows.Length), new WholeRunChecks(job, 0));
                var (first, second) = (Rows(rows), Rows(rows));

                whole.Check(first);
                foreach (var batch in second.Chunk(size))
                    parts.Check(batch);

                CollectionAssert.AreEqual(first.Select(r => r.Rejected).ToArray(), second.Select(r => r.Rejected).ToArray());
                Assert.AreEqual(whole.NearDuplicateRows, parts.NearDuplicateRows);
                foreach (var side in TripletColumns.Sides)
                    CollectionAssert.AreEqual(whole.Texts(side).Top().ToArray(), parts.Texts(side).Top().ToArray());
            });

    [TestMethod]
    public void Check_FrequentAnswers_AreRejectedBeyondTheLimitBySide()
    {
        var checks = new WholeRunChecks(Job with { MaxOccurrences = 2 }, 10);
        OutputRow[] rows =
            [.. Enumerable.Range(0, 4).Select(i => OutputRows.Make(i, $"anchor {i}", Sentence(i), "Nobody carries stones."))];

        checks.Check(rows);

        CollectionAssert.AreEqual(new[] { false, false, true, true }, rows.Select(r => r.Rejected is not null).ToArray());
        var rejected = rows[3].Rejected!;
        Assert.AreEqual((RejectionReason.TooFrequent, SynthesisSide.Negative), (rejected.Reason, rejected.Side));
        Assert.AreEqual("hard_neg has occurred 2 times before.", rejected.Detail);
        Assert.AreEqual(4, checks.Texts(SynthesisSide.Negative).Top()[0].Count, "what is rejected has occurred too");
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Check_NearDuplicates_NameTheEarlierRow(bool rejects)
    {
        var checks = new WholeRunChecks(Job with { RejectNearDuplicates = rejects }, 10);
        OutputRow[] rows =
        [
            OutputRows.Make(10, "a", "Someone carries a basket of fresh bread to the market.", Sentence(0)),
            OutputRows.Make(11, "b", "Another thing is said here by the tall woman.", Sentence(3)),
            OutputRows.Make(12, "c", "Someone carries a basket of fresh bread to the market!!", Sentence(6)),
        ];

        checks.Check(rows);

        Assert.AreEqual(1, checks.NearDuplicateRows, "counted in any case");
        Assert.AreEqual(rejects, rows[2].Rejected is not null);
        Assert.IsNull(rows[1].Rejected);
        if (rejects)
        {
            Assert.AreEqual(RejectionReason.NearDuplicate, rows[2].Rejected!.Reason);
            StringAssert.StartsWith(rows[2].Rejected!.Detail, "sent1 is nearly that of row 10 (");
        }
    }

    [TestMethod]
    public void Check_RowsThatAreRejectedAlready_CountForNobody()
    {
        var checks = new WholeRunChecks(Job with { MaxOccurrences = 1, RejectNearDuplicates = true }, 10);
        var bad = OutputRows.Make(0, "a", "The same words.", Sentence(1), Long);
        var good = OutputRows.Make(1, "b", "The same words.", Sentence(2));

        checks.Check([bad, good]);

        Assert.AreSame(Long, bad.Rejected);
        Assert.IsNull(good.Rejected);
        CollectionAssert.AreEqual(new[] { 1 }, checks.Texts(SynthesisSide.Positive).Counts.ToArray());
    }

    [TestMethod]
    public void Check_OneSideAlone_LooksAtNoOther()
    {
        var checks = new WholeRunChecks(Job with { MaxOccurrences = 1 }, 10);
        OutputRow[] rows = [OutputRows.Make(0, "a", null, "Nobody walks."), OutputRows.Make(1, "b", null, "Nobody walks.")];

        checks.Check(rows);

        Assert.IsNull(rows[0].Rejected);
        Assert.AreEqual(SynthesisSide.Negative, rows[1].Rejected!.Side);
        Assert.IsEmpty(checks.Texts(SynthesisSide.Positive).Top());
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public async Task JudgeAsync_HardNegativeThatIsCloser_IsMarkedOrRejected(bool rejects)
    {
        var judge = ScriptedJudge.Make();
        var checks = new WholeRunChecks(Job with { Judge = judge, RejectJudged = rejects }, 10);
        OutputRow[] rows =
        [
            OutputRows.Make(0, "anchor", "bread", "stones"), OutputRows.Make(1, "anchor", "bread", "near"),
            OutputRows.Make(2, "anchor", "near", "near"), OutputRows.Make(3, "anchor", "stones", "near", Long),
        ];

        await checks.JudgeAsync(rows, CancellationToken.None);

        Assert.HasCount(9, judge.Asked, "three texts of each row that is left");
        CollectionAssert.AreEqual(new[] { false, true, false, false }, rows.Select(r => r.Flagged).ToArray(), "as near is not nearer");
        Assert.AreEqual(1, checks.Flagged);
        Assert.AreEqual(rejects, rows[1].Rejected is not null);
        if (rejects)
            Assert.AreEqual(new Rejection(RejectionReason.Judge,
                "judge finds hard_neg closer to the anchor (1.000) than sent1 (0.894).", SynthesisSide.Negative), rows[1].Rejected);
    }

    [TestMethod]
    public async Task JudgeAsync_NothingToJudge_AsksNobody()
    {
        var judge = ScriptedJudge.Make();
        OutputRow[] rows = [OutputRows.Make(0, "anchor", "bread", "near")];

        await new WholeRunChecks(Job, 10).JudgeAsync(rows, CancellationToken.None);

        Assert.IsFalse(rows[0].Flagged);
        Assert.IsEmpty(judge.Asked);
    }

    private static OutputRow[] Rows((int Positive, int Negative, bool IsRejected)[] rows) =>
        [.. rows.Select((r, i) => OutputRows.Make(
            i, $"anchor {i}", Sentence(r.Positive), Sentence(r.Negative), r.IsRejected && i % 3 == 0 ? Long : null))];

    /// <summary>Of neighbours every third is nearly the same.</summary>
    private static string Sentence(int i) => (i / 3) switch
    {
        0 => "The old farmer sells his rice on the market by the river",
        1 => "Seven children swim across a cold lake before breakfast",
        2 => "My neighbour repairs broken radios with great patience",
        3 => "Nobody has ever climbed that mountain without a guide",
        _ => "Quiet evenings are what the whole family likes best",
    } + new string('!', i % 3);
}
