using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed partial class SynthesisRunTests
{
    internal static readonly string[] Outputs = ["triplets.csv", "triplets.jsonl", "receipts.jsonl", "rejected.jsonl"];

    [TestMethod]
    public async Task RunAsync_Anchors_GiveEveryFileInTheirOrder()
    {
        using var folder = new TemporaryFolder();
        var report = await RunAsync(folder, Input(folder, 200));

        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual(200, report.OwnRows);
        Assert.AreEqual(200, report.Triplets + report.Rejected.Values.Sum());
        var rows = Lines(folder, "receipts.jsonl").Select(l => l.RootElement.GetProperty("row").GetInt64()).ToArray();
        CollectionAssert.AreEqual(rows.Order().ToArray(), rows);
        Assert.HasCount((int)report.Triplets, rows);
        var csv = File.ReadAllLines(folder.File("run/triplets.csv"));
        Assert.AreEqual("sent0,sent1,hard_neg", csv[0]);
        Assert.HasCount((int)report.Triplets + 1, csv);
        Assert.HasCount(200 - (int)report.Triplets, Lines(folder, "rejected.jsonl"));
        foreach (var file in (string[])["run.json", "README.md", "report.html"])
            Assert.IsTrue(File.Exists(folder.File("run/" + file)), file);
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed));
    }

    [TestMethod]
    public async Task RunAsync_RejectedRows_SayWhy()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.jsonl", """
            {"sent0": "one"}
            {"sent0": " "}
            {"sent0": "a\u0000b"}
            {"sent0": "long"}
            {"sent0": "empty"}
            """);
        using var generator = new ScriptedGenerator(r => ScriptedGenerator.AnchorOf(r) switch
        {
            "long" => ScriptedGenerator.Answer(r, "Someone never", FinishReason.Length),
            "empty" => ScriptedGenerator.Answer(r, r.Adapter == "pos" ? "Something follows." : " "),
            _ => ScriptedGenerator.Answer(r, $"Somebody carries the {(r.Adapter == "pos" ? "bread" : "stones")} home."),
        });

        var report = await RunAsync(folder, folder.File("anchors.jsonl"), generator, o => o with { MaxAttempts = 1 });

        var rejected = Lines(folder, "rejected.jsonl").ToDictionary(
            l => l.RootElement.GetProperty("row").GetInt64(), l => l.RootElement.GetProperty("reason").GetString());
        Assert.AreEqual(1, report.Triplets);
        CollectionAssert.AreEqual(new[] { "empty-anchor", "control-character", "length", "empty" },
            new[] { rejected[1], rejected[2], rejected[3], rejected[4] });
        Assert.AreEqual(1, report.Rejected[RejectionReason.Empty]);
    }

    [TestMethod]
    public async Task RunAsync_AnchorsThatNoModelTakes_AreInThePlan()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, 100).Select(i => $"anchor {i % 90}\n"))
            + $" \n{new string('x', 5000)}\n{new string('y', 60)}\n");
        using var generator = ScriptedSource.Generator();
        var counted = new List<int>();
        SynthesisPlan? plan = null;
        var source = ScriptedSource.Of(generator) with
        {
            ContextLength = 1000,
            CountTokens = request =>
            {
                lock (counted)
                    counted.Add(request.UserMessage!.Length);
                return ScriptedGenerator.AnchorOf(request).Length + 20;
            },
        };

        await new SynthesisRun(source, Job(folder, folder.File("anchors.txt"), "run"), new Told<SynthesisPlan>(p => plan = p))
            .RunAsync(default);

        Assert.AreEqual(103, plan!.Anchors);
        Assert.AreEqual(93, plan.DistinctAnchors);
        Assert.AreEqual(1, plan.UnusableAnchors);
        Assert.AreEqual(1, plan.TooLongAnchors);
        Assert.HasCount(2 * (64 + 1), counted, "what cannot be too long is not tokenized");
    }

    [TestMethod]
    [DataRow("anchors.csv", "sent0,lang\n\"We go to the market.\nThen we come home.\",en\nA cook sells fish.,en\n", 2, 1)]
    [DataRow("anchors.tsv", "sent0\tlang\n\"We go to the market.\ten\nThen we come home.\"\ten\nA cook sells fish.\ten\n", 3, 0)]
    [DataRow("anchors.json", "[{\"sent0\":\"a\\nb\"},\n{\"sent0\":\"c\\r\"}, {\"sent0\":\"d\"}]", 3, 2)]
    public async Task RunAsync_AnchorsWithLineEnds_AreCountedInThePlan(string name, string content, int anchors, int withLineEnds)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name, content);
        using var generator = ScriptedSource.Generator();
        SynthesisPlan? plan = null;

        await new SynthesisRun(ScriptedSource.Of(generator), Job(folder, folder.File(name), "run"), new Told<SynthesisPlan>(p => plan = p))
            .RunAsync(default);

        Assert.AreEqual(anchors, plan!.Anchors);
        Assert.AreEqual(withLineEnds, plan.AnchorsWithLineEnds);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(37)]
    [DataRow(150)]
    [DataRow(399)]
    public async Task RunAsync_GivenUpAndRunAgain_EndsAsIfNothingHadHappened(int answers)
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 200);
        await RunAsync(folder, input, run: "undisturbed");
        using var stop = new CancellationTokenSource();
        var made = 0;
        using var dying = new ScriptedGenerator(r =>
        {
            if (Interlocked.Increment(ref made) > answers)
                stop.Cancel();
            return ScriptedSource.Generator().Answered(r);
        });

        var e = await Assert.ThrowsExactlyAsync<SynthesisInterruptedException>(() => RunAsync(folder, input, dying, cancel: stop.Token));
        using var second = ScriptedSource.Generator();
        var report = await RunAsync(folder, input, second);

        Assert.AreEqual(folder.File("run"), e.Folder);
        Assert.IsTrue(report.IsComplete);
        AssertSame(folder, "undisturbed", "run");
        Assert.IsTrue(second.Calls.Sum(c => c.Count) <= 400 + 200 - answers, "what was answered is not asked again");
    }

    [TestMethod]
    public async Task RunAsync_FinishIsAsked_WaitsForWhatRunsAndGoesOnLater()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 2000);
        using var finish = new CancellationTokenSource();
        var made = 0;
        using var generator = new ScriptedGenerator(r =>
        {
            if (Interlocked.Increment(ref made) == 100)
                finish.Cancel();
            return ScriptedSource.Generator().Answered(r);
        });

        await Assert.ThrowsExactlyAsync<SynthesisInterruptedException>(() => RunAsync(folder, input, generator, job: j =>
            j with { Finish = finish.Token }));
        using var second = ScriptedSource.Generator();
        await RunAsync(folder, input, second);
        await RunAsync(folder, input, run: "undisturbed");

        Assert.AreEqual(made, generator.Calls.Sum(c => c.Count), "every row that ran has ended");
        AssertSame(folder, "undisturbed", "run");
    }

    [TestMethod]
    public async Task RunAsync_AllIsDone_AsksForNothing()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 50);
        await RunAsync(folder, input);
        using var generator = new ScriptedGenerator(_ => throw new InvalidOperationException("asked"));

        var report = await RunAsync(folder, input, generator);

        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual(0, report.OwnRows);
        File.AppendAllText(folder.File("run/triplets.csv"), "x");
        await RunAsync(folder, input, generator);
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed), "what was changed is written again, from the journal");
    }

    [TestMethod]
    public async Task RunAsync_OtherOptions_AreRefusedOneByOne()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 20);
        await RunAsync(folder, input);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => RunAsync(folder, input, options: o => o with
        {
            Language = "Hausa",
            Sampling = o.Sampling! with { Seed = 8 },
            MaxNewTokens = 64,
        }));

        foreach (var part in (string[])["language: English → Hausa", "seed: 7 → 8", "max_new_tokens: 128 → 64", "Nothing was changed"])
            StringAssert.Contains(e.Message, part);
        Assert.IsFalse(e.Message.Contains("adapter", StringComparison.Ordinal), e.Message);
    }

    [TestMethod]
    public async Task RunAsync_OtherInput_IsRefused()
    {
        using var folder = new TemporaryFolder();
        await RunAsync(folder, Input(folder, 20));

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => RunAsync(folder, Input(folder, 21)));

        StringAssert.Contains(e.Message, "input.rows: 20 → 21");
    }

    [TestMethod]
    public async Task RunAsync_FolderOfSomethingElse_IsRefusedUntouched()
    {
        using var folder = new TemporaryFolder();
        folder.Write("run/thesis.tex", "x");

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => RunAsync(folder, Input(folder, 20)));

        StringAssert.Contains(e.Message, "thesis.tex");
        Assert.HasCount(1, Directory.GetFileSystemEntries(folder.File("run")));
    }

    /// <summary>Unlike <see cref="Progress{T}"/>, at once.</summary>
    private sealed class Told<T>(Action<T> tell) : IProgress<T>
    {
        public void Report(T value) => tell(value);
    }

    private static string Input(TemporaryFolder folder, int rows)
    {
        // one in twenty comes twice
        folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, rows).Select(i => $"anchor {(i % 20 == 19 ? i - 10 : i)}\n")));
        return folder.File("anchors.txt");
    }

    private static SynthesisJobOptions Job(TemporaryFolder folder, string input, string run) => new()
    {
        Input = input,
        Output = folder.File(run),
        Synthesis = ScriptedSource.Options,
        LeaseTimeout = TimeSpan.FromSeconds(2),
    };

    private static Task<SynthesisReport> RunAsync(
        TemporaryFolder folder, string input, ITextGenerator? generator = null, Func<SynthesisOptions, SynthesisOptions>? options = null,
        Func<SynthesisJobOptions, SynthesisJobOptions>? job = null, string run = "run", IProgress<SynthesisProgress>? progress = null,
        CancellationToken cancel = default)
    {
        var made = Job(folder, input, run) with { Synthesis = options?.Invoke(ScriptedSource.Options) ?? ScriptedSource.Options };
        return new SynthesisRun(ScriptedSource.Of(generator ?? ScriptedSource.Generator()), job?.Invoke(made) ?? made, progress: progress)
            .RunAsync(cancel);
    }

    private static JsonDocument[] Lines(TemporaryFolder folder, string file) =>
        [.. File.ReadLines(folder.File("run/" + file)).Select(l => JsonDocument.Parse(l))];

    private static void AssertSame(TemporaryFolder folder, string expected, string actual)
    {
        foreach (var file in Outputs)
            Assert.AreEqual(File.ReadAllText(folder.File($"{expected}/{file}")), File.ReadAllText(folder.File($"{actual}/{file}")), file);
    }
}
