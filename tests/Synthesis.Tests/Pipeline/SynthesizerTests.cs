namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class SynthesizerTests
{
    [TestMethod]
    public async Task SynthesizeAsync_Anchors_GiveOneTripletEach()
    {
        using var generator = ScriptedGenerator.Echo();
        var results = await RunAsync(generator, ["eins", "zwei", "drei"]);
        CollectionAssert.AreEqual(new long[] { 0, 1, 2 }, results.Select(r => r.RowId).Order().ToArray());
        var second = results.Single(r => r.RowId == 1);
        Assert.IsTrue(second.IsTriplet);
        Assert.AreEqual(("zwei", "pos: zwei", "neg: zwei"), (second.Sent0, second.Sent1, second.HardNeg));
    }

    [TestMethod]
    public async Task SynthesizeAsync_Requests_CarryTheOptions()
    {
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r, $"house {r.RowId}")) { Adapters = ["ha-pos"] };
        var sampling = new SamplingOptions { DoSample = true, TopK = 64, Seed = 7 };
        var options = new SynthesisOptions
        {
            Positive = "ha-pos",
            Negative = null,
            Language = "Hausa",
            Strategy = new PromptStrategy("xllora-train-v1"),
            Sampling = sampling,
            MaxNewTokens = 33,
        };
        await RunAsync(generator, ["a"], options);
        var (positive, negative) = (generator.Calls.Single()[0], generator.Calls.Single()[1]);
        Assert.AreEqual(PromptTemplate.Positive("xllora-train-v1").Fill("Hausa", "a"), positive.UserMessage);
        Assert.AreEqual(PromptTemplate.Negative("xllora-train-v1").Fill("Hausa", "a"), negative.UserMessage);
        Assert.AreEqual(("ha-pos", null), (positive.Adapter, negative.Adapter));
        foreach (var request in generator.Calls.Single())
        {
            Assert.AreSame(sampling, request.Sampling);
            Assert.AreEqual(33, request.MaxNewTokens);
            Assert.IsFalse(request.AllowSpecialTokens);
        }
    }

    [TestMethod]
    public async Task SynthesizeAsync_EqualAnchors_AreBothKept()
    {
        using var generator = ScriptedGenerator.Echo();
        var results = await RunAsync(generator, ["same", "same"]);
        Assert.HasCount(2, results);
        Assert.IsTrue(results.All(r => r.IsTriplet && r.Sent1 == "pos: same"));
    }

    [TestMethod]
    public async Task SynthesizeAsync_ManyAnchors_RunInWindowsOfSixteenBatches()
    {
        using var generator = ScriptedGenerator.Echo(batchSize: 2);
        var results = await RunAsync(generator, [.. Enumerable.Range(0, 70).Select(i => $"a{i}")]);
        CollectionAssert.AreEquivalent(new[] { 64, 64, 12 }, generator.Calls.Select(c => c.Count).ToArray());
        Assert.HasCount(70, results.Select(r => r.RowId).Distinct());
        Assert.HasCount(140, generator.Calls.SelectMany(c => c).Select(r => r.RowId).Distinct());
        Assert.IsTrue(results.All(r => r.Sent1 == $"pos: a{r.RowId}" && r.HardNeg == $"neg: a{r.RowId}"));
    }

    [TestMethod]
    public async Task SynthesizeAsync_FirstWindow_IsYieldedBeforeLaterAnchorsAreRead()
    {
        using var generator = ScriptedGenerator.Echo(batchSize: 1);
        int given = 0;
        var endless = Enumerable.Range(0, 1000).Select(i => new Anchor(given++, $"a{i}")).ToAsyncEnumerable();
        await new Synthesizer(generator).SynthesizeAsync(endless, new SynthesisOptions()).FirstAsync();
        Assert.IsLessThanOrEqualTo(5 * 16, given, "two windows at a time, one that waits, and what was ready");
    }

    [TestMethod]
    [DataRow("", RejectionReason.EmptyAnchor)]
    [DataRow(" \t\u00A0\r\n", RejectionReason.EmptyAnchor)]
    [DataRow("a\0b", RejectionReason.ControlCharacter)]
    public async Task SynthesizeAsync_BadAnchor_IsRejectedWithoutGenerating(string anchor, RejectionReason reason)
    {
        using var generator = ScriptedGenerator.Echo();
        var results = await RunAsync(generator, [anchor]);
        AssertRejected(results.Single(), reason);
        Assert.AreEqual(anchor, results.Single().Sent0);
        Assert.IsEmpty(generator.Calls);
    }

    [TestMethod]
    [DataRow("Premise: x\nmodel\ny")]
    [DataRow("\"quotes\", and commas, 'both'")]
    [DataRow("{language} {premise}")]
    [DataRow("  kept spaces \n")]
    [DataRow("שלום \u202Eabc\u202C مرحبا")]
    [DataRow("👩‍🌾🇳🇬e\u0301")]
    [DataRow("NA")]
    public async Task SynthesizeAsync_HostileAnchor_StaysUntouched(string anchor)
    {
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r, r.Adapter == "pos" ? "Someone sells fish."
            : "Nobody sells fish."));
        var result = (await RunAsync(generator, [anchor])).Single();
        Assert.IsTrue(result.IsTriplet, result.Rejected?.Detail);
        Assert.AreEqual(anchor, result.Sent0);
        Assert.AreEqual(anchor, ScriptedGenerator.AnchorOf(generator.Calls.Single()[0]));
    }

    [TestMethod]
    [DataRow("  P \n", "\tN\u00A0", null)]
    [DataRow("Premise: P", "N", RejectionReason.PromptEcho)]
    [DataRow(" \n", "N", RejectionReason.Empty)]
    [DataRow("P", "", RejectionReason.Empty)]
    [DataRow(" anchor", "N", RejectionReason.Copy)]
    [DataRow("P", "anchor\n", RejectionReason.Copy)]
    [DataRow("same", " same", RejectionReason.Equal)]
    [DataRow("Anchor", "anchor.", RejectionReason.Copy)]
    public async Task SynthesizeAsync_Answers_AreTrimmedAndChecked(string positive, string negative, RejectionReason? reason)
    {
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r, r.Adapter == "pos" ? positive : negative));
        var result = (await RunAsync(generator, ["anchor"])).Single();
        Assert.AreEqual(reason, result.Rejected?.Reason);
        Assert.AreEqual((positive.Trim(), negative.Trim()), (result.Sent1, result.HardNeg));
    }

    [TestMethod]
    [DataRow("pos", RejectionReason.Length)]
    [DataRow("neg", RejectionReason.Length)]
    public async Task SynthesizeAsync_AnswerAtTokenLimit_IsRejected(string adapter, RejectionReason reason)
    {
        using var generator = new ScriptedGenerator(r =>
            ScriptedGenerator.Answer(r, r.Adapter!, r.Adapter == adapter ? FinishReason.Length : FinishReason.Stop));
        AssertRejected((await RunAsync(generator, ["a"])).Single(), reason);
    }

    [TestMethod]
    [DataRow(RejectionKind.TooLong, RejectionReason.PromptTooLong)]
    [DataRow(RejectionKind.SpecialToken, RejectionReason.SpecialToken)]
    [DataRow(RejectionKind.Invalid, RejectionReason.Failed)]
    public async Task SynthesizeAsync_RejectedByGenerator_KeepsReasonAndOtherRows(RejectionKind kind, RejectionReason reason)
    {
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.AnchorOf(r) == "bad" && r.Adapter == "neg"
            ? ScriptedGenerator.Reject(r, kind, "because of 7")
            : ScriptedGenerator.Answer(r, r.Adapter!));
        var results = await RunAsync(generator, ["bad", "good"]);
        var bad = results.Single(r => r.RowId == 0);
        AssertRejected(bad, reason);
        StringAssert.Contains(bad.Rejected!.Detail, "because of 7");
        Assert.AreEqual(("pos", null), (bad.Sent1, bad.HardNeg));
        Assert.IsTrue(results.Single(r => r.RowId == 1).IsTriplet);
    }

    [TestMethod]
    public async Task SynthesizeAsync_GeneratorLeavesRowOut_GivesFailedResult()
    {
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.AnchorOf(r) == "a" && r.Adapter == "neg" ? null
            : ScriptedGenerator.Answer(r, $"Somebody carries bread to house {r.RowId}."));
        var results = await RunAsync(generator, ["a", "b"]);
        AssertRejected(results.Single(r => r.RowId == 0), RejectionReason.Failed);
        Assert.IsTrue(results.Single(r => r.RowId == 1).IsTriplet);
    }

    [TestMethod]
    public async Task SynthesizeAsync_GeneratorAnswersTwice_Throws()
    {
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r, "x") with { RowId = 0 });
        await Assert.ThrowsExactlyAsync<InvalidOperationException>(() => RunAsync(generator, ["a"]));
    }

    [TestMethod]
    public void SynthesizeAsync_WrongOptions_AreAllNamedBeforeAnythingRuns()
    {
        using var generator = ScriptedGenerator.Echo();
        var options = new SynthesisOptions { Positive = "posi", Negative = "nega", Language = " ", MaxNewTokens = 0 };
        var e = Assert.ThrowsExactly<ArgumentException>(() => new Synthesizer(generator).SynthesizeAsync(AnchorsOf(["a"]), options));
        foreach (var part in new[] { "\"posi\"", "\"nega\"", "there are: neg, pos", "Language is blank", "MaxNewTokens is 0" })
            StringAssert.Contains(e.Message, part);
        Assert.ThrowsExactly<ArgumentOutOfRangeException>(() => new Synthesizer(generator).SynthesizeAsync(
            AnchorsOf(["a"]), new SynthesisOptions { Sampling = new SamplingOptions { TopP = 2 } }));
        Assert.IsEmpty(generator.Calls);
    }

    [TestMethod]
    public async Task SynthesizeAsync_CancelledInTheMiddle_KeepsWhatWasYielded()
    {
        using var source = new CancellationTokenSource();
        using var generator = ScriptedGenerator.Echo(batchSize: 1);
        List<SynthesisResult> seen = [];
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            var anchors = AnchorsOf([.. Enumerable.Range(0, 40).Select(i => $"a{i}")]);
            await foreach (var result in new Synthesizer(generator).SynthesizeAsync(anchors, new SynthesisOptions(), source.Token))
            {
                seen.Add(result);
                if (seen.Count == 20)
                    await source.CancelAsync();
            }
        });
        Assert.HasCount(20, seen);
    }

    private static void AssertRejected(SynthesisResult result, RejectionReason reason)
    {
        Assert.IsFalse(result.IsTriplet);
        Assert.AreEqual(reason, result.Rejected!.Reason, result.Rejected.Detail);
    }

    private static IAsyncEnumerable<Anchor> AnchorsOf(string[] sentences) =>
        sentences.Select((s, i) => new Anchor(i, s)).ToAsyncEnumerable();

    private static async Task<List<SynthesisResult>> RunAsync(
        ScriptedGenerator generator, string[] sentences, SynthesisOptions? options = null) =>
        await new Synthesizer(generator).SynthesizeAsync(AnchorsOf(sentences), options ?? new SynthesisOptions()).ToListAsync();
}
