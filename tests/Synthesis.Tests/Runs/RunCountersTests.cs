namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunCountersTests
{
    [TestMethod]
    public void Snapshot_BeforeAnything_ClaimsNothing()
    {
        using var generator = ScriptedSource.Generator();
        var snapshot = new RunCounters(ScriptedSource.Of(generator), 100, progress: null).Snapshot();

        Assert.AreEqual((0L, 100L, 0L, 0L), (snapshot.Rows, snapshot.TotalRows, snapshot.OwnRows, snapshot.Triplets));
        Assert.IsNull(snapshot.PositiveAcceptRate);
        Assert.IsNull(snapshot.NegativeAcceptRate);
        Assert.IsNull(snapshot.TimeLeft, "there is no rate yet");
        Assert.AreEqual(SynthesisStage.Generating, snapshot.Stage);
    }

    [TestMethod]
    public void Snapshot_AnswersAndRows_AreCountedBySideAndByWhoMadeThem()
    {
        using var generator = ScriptedSource.Generator();
        var counters = new RunCounters(ScriptedSource.Of(generator), 100, progress: null);
        counters.Known(30);
        counters.Known(10);
        counters.Answered([Answer(SynthesisSide.Positive, true), Answer(SynthesisSide.Negative, false)]);
        counters.Answered([Answer(SynthesisSide.Negative, true)]);
        counters.Answered([Answer(SynthesisSide.Negative, true)]);
        counters.Answered([Answer(SynthesisSide.Negative, false)]);
        counters.Settled(Row(isTriplet: true));
        counters.Settled(Row(isTriplet: false));

        var snapshot = counters.Snapshot();

        Assert.AreEqual((42L, 2L, 1L), (snapshot.Rows, snapshot.OwnRows, snapshot.Triplets));
        Assert.AreEqual((42L, 2L), (counters.Rows, counters.OwnRows));
        Assert.AreEqual((1.0, 0.5), (snapshot.PositiveAcceptRate, snapshot.NegativeAcceptRate));
        Assert.AreEqual(58, snapshot.TimeLeft!.Value.TotalSeconds * snapshot.RowsPerSecond, 0.01, "at the rate of this process");
    }

    [TestMethod]
    public void Settled_EachRow_IsReportedOnce()
    {
        using var generator = ScriptedSource.Generator();
        List<SynthesisProgress> told = [];
        var counters = new RunCounters(ScriptedSource.Of(generator), 10, new Told(told.Add)) { Stage = SynthesisStage.Finishing };

        counters.Known(1);
        counters.Answered([Answer(SynthesisSide.Positive, true)]);
        Assert.IsEmpty(told);
        counters.Settled(Row(isTriplet: true));
        counters.Settled(Row(isTriplet: true));
        counters.Report();

        CollectionAssert.AreEqual(new long[] { 2, 3, 3 }, told.Select(t => t.Rows).ToArray());
        Assert.IsTrue(told.All(t => t.Stage == SynthesisStage.Finishing));
    }

    [TestMethod]
    public void Counters_FromManyThreads_LoseNothing()
    {
        using var generator = ScriptedSource.Generator();
        var counters = new RunCounters(ScriptedSource.Of(generator), 100_000, progress: null);

        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 1000; i++)
            {
                counters.Known(2);
                counters.Answered([Answer(SynthesisSide.Positive, i % 4 == 0)]);
                counters.Settled(Row(isTriplet: i % 2 == 0));
            }
        });

        var snapshot = counters.Snapshot();
        Assert.AreEqual((24_000L, 8_000L, 4_000L), (snapshot.Rows, snapshot.OwnRows, snapshot.Triplets));
        Assert.AreEqual(0.25, snapshot.PositiveAcceptRate);
    }

    private static SettledAnswer Answer(SynthesisSide side, bool isAccepted) =>
        new(side, 0, new AnswerVerdict("x", [], isAccepted ? null : new Rejection(RejectionReason.Length, "long", side)), Generated);

    private static RowWork Row(bool isTriplet)
    {
        var row = new RowWork(new KeyedAnchor(0, RowKey.Of("a"), 0, "a"), 0, new SynthesisOptions());
        foreach (var side in TripletColumns.Sides)
            row.Restore(side, 0, Generated, Answer(side, isTriplet || side == SynthesisSide.Positive).Verdict);
        return row;
    }

    private static GenerationResult Generated { get; } = new()
    {
        RowId = 1,
        Adapter = null,
        Text = "x",
        PromptTokenCount = 1,
        TokenCount = 1,
        FinishReason = FinishReason.Stop,
    };

    private sealed class Told(Action<SynthesisProgress> tell) : IProgress<SynthesisProgress>
    {
        public void Report(SynthesisProgress value) => tell(value);
    }
}
