namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Several processes, several attempts, several samples; and what is checked afterwards.</summary>
public sealed partial class SynthesisRunTests
{
    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    public async Task RunAsync_SeveralAtATime_ShareTheRows(int processes)
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 2000);
        await RunAsync(folder, input, run: "undisturbed");

        var reports = await Task.WhenAll(Enumerable.Range(0, processes).Select(_ => Task.Run(() =>
            RunAsync(folder, input, ScriptedSource.Generator(step: TimeSpan.FromMilliseconds(2))))));

        AssertSame(folder, "undisturbed", "run");
        Assert.AreEqual(2000, reports.Sum(r => r.OwnRows));
        Assert.IsTrue(reports.All(r => r.IsComplete));
        Assert.IsGreaterThan(1, reports.Count(r => r.OwnRows > 0));
    }

    [TestMethod]
    public async Task RunAsync_FixedShards_AreTogetherTheRun()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 600);
        await RunAsync(folder, input, run: "undisturbed");
        var reports = new List<SynthesisReport>();

        foreach (var part in (string[])["2/3", "0/3", "1/3"])
            reports.Add(await RunAsync(folder, input, job: j => j with { Shard = SynthesisShard.Parse(part) }));

        CollectionAssert.AreEqual(new[] { false, false, true }, reports.Select(r => r.IsComplete).ToArray());
        Assert.AreEqual(600, reports.Sum(r => r.OwnRows));
        AssertSame(folder, "undisturbed", "run");
    }

    [TestMethod]
    public async Task RunAsync_GeneratorFailsOnOneRowForEver_QuarantinesItAlone()
    {
        using var folder = new TemporaryFolder();
        var asked = 0;
        using var generator = new ScriptedGenerator(r =>
        {
            if (ScriptedGenerator.AnchorOf(r) != "anchor 7" || r.Adapter != "neg")
                return ScriptedGenerator.Answer(r, $"Somebody carries the {(r.Adapter == "pos" ? "bread" : "stones")} home.");
            asked++;
            return ScriptedGenerator.Reject(r, RejectionKind.Failed, "the device fell over");
        });

        var report = await RunAsync(folder, Input(folder, 20), generator);

        Assert.AreEqual(3, asked);
        Assert.AreEqual(1, report.Quarantined);
        Assert.AreEqual(19, report.Triplets);
        StringAssert.Contains(File.ReadAllText(folder.File("run/rejected.jsonl")), "the device fell over");
    }

    [TestMethod]
    public async Task RetryAsync_RejectedRows_GetOneMoreAttempt()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 300);
        var before = await RunAsync(folder, input, options: o => o with { MaxAttempts = 1 });
        using var generator = ScriptedSource.Generator();

        var after = await new SynthesisRun(ScriptedSource.Of(generator), Job(folder, input, "run") with
        {
            Synthesis = ScriptedSource.Options with { MaxAttempts = 1 },
        }).RetryAsync(new HashSet<RejectionReason> { RejectionReason.Length }, CancellationToken.None);

        var requests = generator.Calls.SelectMany(c => c).ToArray();
        Assert.IsTrue(requests.All(r => r.Attempt == 1));
        Assert.AreEqual(before.Rejected[RejectionReason.Length], requests.Length - requests.Count(r => r.Attempt != 1));
        Assert.IsGreaterThan(before.Triplets, after.Triplets);
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task RunAsync_EqualAnchors_AreRowsOfTheirOwnUnlessDeduplicated()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "same\nother\nsame\nsame\n");
        using var generator = new ScriptedGenerator(r =>
            ScriptedGenerator.Answer(r, $"Somebody carries {(r.Adapter == "pos" ? "bread" : "stones")} to house {r.RowId}."));

        var all = await RunAsync(folder, folder.File("anchors.txt"), generator);
        var once = await RunAsync(folder, folder.File("anchors.txt"), generator, run: "once", job: j => j with { Dedupe = true });

        Assert.AreEqual(4, all.Triplets);
        Assert.HasCount(4, Lines(folder, "triplets.jsonl").Select(l => l.RootElement.GetProperty("sent1").GetString()).Distinct());
        Assert.AreEqual(2, once.Triplets);
    }

    [TestMethod]
    public async Task RunAsync_SeveralSamples_AreSeveralTripletsOfAnAnchor()
    {
        using var folder = new TemporaryFolder();
        using var generator = new ScriptedGenerator(r =>
            ScriptedGenerator.Answer(r, $"Somebody carries {(r.Adapter == "pos" ? "bread" : "stones")} to house {r.RowId}."));

        var report = await RunAsync(folder, Input(folder, 10), generator, o => o with { Samples = 3 });

        Assert.AreEqual(30, report.Triplets);
        Assert.HasCount(30, Lines(folder, "receipts.jsonl").Select(l => l.RootElement.GetProperty("id").GetString()).Distinct());
    }

    [TestMethod]
    public async Task RunAsync_OneSide_HasItsColumnAlone()
    {
        using var folder = new TemporaryFolder();
        var report = await RunAsync(folder, Input(folder, 40), options: o => o with
        {
            Only = SynthesisSide.Negative,
            Positive = "not there",
        });

        Assert.AreEqual("sent0,hard_neg", File.ReadLines(folder.File("run/triplets.csv")).First());
        Assert.IsGreaterThan(20, report.Triplets);
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task RunAsync_CsvOutput_LiesBesideItsRunFolder()
    {
        using var folder = new TemporaryFolder();
        var report = await RunAsync(folder, Input(folder, 40), run: "out.csv");

        Assert.AreEqual(folder.File("out.csv"), report.Output);
        CollectionAssert.AreEqual(File.ReadAllBytes(folder.File("out.run/triplets.csv")), File.ReadAllBytes(folder.File("out.csv")));
    }

    [TestMethod]
    public async Task RunAsync_FrequentAnswers_AreRejectedBeyondTheLimit()
    {
        using var folder = new TemporaryFolder();
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r, r.Adapter == "pos" ? "Somebody carries the bread home."
            : $"Nobody carries stones to house number {r.RowId}."));

        var report = await RunAsync(folder, Input(folder, 20), generator, job: j => j with { MaxOccurrences = 5 });

        Assert.AreEqual(5, report.Triplets);
        Assert.AreEqual(15, report.Rejected[RejectionReason.TooFrequent]);
    }

    [TestMethod]
    public async Task CompareSampleAsync_SameGenerator_FindsAllTheSame()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 300);
        var report = await RunAsync(folder, input);
        using var generator = ScriptedSource.Generator();
        using var other = new ScriptedGenerator(r => ScriptedGenerator.Answer(r, "Something else was said."));

        var all = await new RunSample(ScriptedSource.Of(generator), ScriptedSource.Options).CompareAsync(folder.File("run"), 1, default);
        var some = await new RunSample(ScriptedSource.Of(generator), ScriptedSource.Options).CompareAsync(folder.File("run"), 0.1, default);
        var none = await new RunSample(ScriptedSource.Of(other) with { ToolVersion = "9" }, ScriptedSource.Options)
            .CompareAsync(folder.File("run"), 0.1, default);

        Assert.AreEqual((2 * report.Triplets, 2 * report.Triplets), (all.Answers, all.Equal));
        Assert.IsTrue(some.Answers > 10 && some.Answers < 150 && some.Equal == some.Answers, $"{some.Equal} of {some.Answers}");
        Assert.AreEqual(0, none.Equal);
        CollectionAssert.AreEqual(new[] { "tool_version: 0 → 9" }, none.Circumstances.ToArray());
    }

    [TestMethod]
    [DataRow("triplets.jsonl")]
    [DataRow("receipts.jsonl")]
    [DataRow("triplets.csv")]
    public async Task Verify_OneByteChanged_IsFound(string file)
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, Input(folder, 50));
        var path = folder.File("run/" + file);
        var bytes = File.ReadAllBytes(path);
        var at = bytes.AsSpan().LastIndexOf("house"u8) is >= 0 and var found ? found : bytes.AsSpan()
            .LastIndexOf("anchor_sha256\":\""u8) + 17;
        bytes[at] ^= 1;
        File.WriteAllBytes(path, bytes);

        var failed = RunVerifier.Verify(folder.File("run")).Where(c => !c.Passed).Select(c => c.Name).ToArray();

        CollectionAssert.Contains(failed, file);
        CollectionAssert.Contains(failed, file == "triplets.csv" ? "tables" : "Merkle root");
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public async Task RunAsync_Judge_FindsHardNegativesThatAreCloserThanPositives(bool rejects)
    {
        using var folder = new TemporaryFolder();
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.Answer(r,
            r.Adapter == "pos" ? "Somebody carries the bread home."
            : ScriptedGenerator.AnchorOf(r) == "anchor 3" ? "Nobody is near." : "Nobody carries stones."));

        var report = await RunAsync(folder, Input(folder, 10), generator,
            job: j => j with { Judge = ScriptedJudge.Make(), RejectJudged = rejects });

        Assert.AreEqual(rejects ? 9 : 10, report.Triplets);
        Assert.AreEqual(rejects, report.Rejected.ContainsKey(RejectionReason.Judge));
        var flagged = File.ReadLines(folder.File("run/receipts.jsonl"))
            .Count(l => l.EndsWith("\"flagged\":true}", StringComparison.Ordinal));
        Assert.AreEqual(rejects ? 0 : 1, flagged);
    }
}
