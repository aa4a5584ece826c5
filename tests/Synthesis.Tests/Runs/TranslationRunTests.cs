using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class TranslationRunTests
{
    internal static readonly string[] Outputs = ["translations.csv", "translations.jsonl", "receipts.jsonl", "rejected.jsonl"];

    private static readonly TranslationPairs Pairs = new TranslationPairs()
        .With(LanguagePair.Parse("eng_Latn-hau_Latn"), "pos").With(LanguagePair.Parse("eng_Latn-id"), "neg")
        .With(LanguagePair.Parse("eng_Latn-yor_Latn"), "pos");

    [TestMethod]
    public async Task RunAsync_SeveralTargets_AreColumnsInTheOrderOfTheInput()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.csv", "n,text\n1,one\n2,\n3,long\n4,\"a \"\"b\"\", c\"\n5,one\n6,endless\n");

        var report = await RunAsync(folder, "texts.csv", output: "out.csv");

        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual(folder.File("out.csv"), report.Output);
        Assert.AreEqual((6, 12), (report.Texts, report.Translations));
        string[] lines =
        [
            "eng_Latn,hau_Latn,id", "one,pos: one,neg: one", ",,", "long,,",
            "\"a \"\"b\"\", c\",\"pos: a \"\"b\"\", c\",\"neg: a \"\"b\"\", c\"", "one,pos: one,neg: one", "endless,,",
        ];
        CollectionAssert.AreEqual(lines, File.ReadAllLines(folder.File("out.csv")));
        Assert.AreEqual(File.ReadAllText(folder.File("out.csv")), File.ReadAllText(folder.File("out.run/translations.csv")));
        var json = Lines(folder, "out.run/translations.jsonl");
        Assert.AreEqual("neg: one", json[0].GetProperty("id").GetString());
        Assert.AreEqual("", json[1].GetProperty("hau_Latn").GetString());
        Assert.AreEqual(JsonValueKind.Null, json[2].GetProperty("hau_Latn").ValueKind);
        var rejected = Lines(folder, "out.run/rejected.jsonl");
        CollectionAssert.AreEqual(
            new[] { "hau_Latn", "id", "hau_Latn", "id" }, rejected.Select(r => r.GetProperty("column").GetString()).ToArray());
        CollectionAssert.AreEqual(new[] { "prompt-too-long", "prompt-too-long", "length", "length" },
            rejected.Select(r => r.GetProperty("reason").GetString()).ToArray());
        Assert.AreEqual(2, report.Rejected[RejectionReason.PromptTooLong]);
        Assert.AreEqual("pos: one", report.Examples[0].Translation);
        Assert.IsTrue(RunVerifier.Verify(folder.File("out.run")).All(c => c.Passed));
        var receipt = Lines(folder, "out.run/receipts.jsonl")[0].GetProperty("translations");
        var outcome = JsonDocument.Parse(File.ReadAllText(folder.File("out.run/run.json"))).RootElement.GetProperty("outcome");
        var context = outcome.GetProperty("contexts").GetProperty(receipt.GetProperty("id").GetProperty("context").GetString()!);
        Assert.AreEqual("neg", context.GetProperty("adapter").GetString());
    }

    [TestMethod]
    public async Task RunAsync_KeepUnfinished_KeepsWhatWasCutOff()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "endless\n");

        var report = await RunAsync(folder, "texts.txt", job: j => j with { KeepUnfinished = true });

        Assert.IsEmpty(report.Rejected);
        Assert.AreEqual("endless,pos: endless,neg: endless", File.ReadAllLines(folder.File("run/translations.csv"))[1]);
    }

    [TestMethod]
    public async Task RunAsync_TranslationsOfFinishedTextsAreGone_AreMadeAgainAndTheReportSaysSo()
    {
        using var folder = new TemporaryFolder();
        Write(folder, texts: 200);
        await RunAsync(folder, "texts.txt", output: "undisturbed");
        var job = Job(folder, "texts.txt", "run").ToJob(SamplingOptions.Greedy, "greedy");
        using var generator = Generator();
        Task<TranslationJobReport> Work(SynthesisJobOptions options) =>
            TranslationJob.RunAsync(ScriptedSource.Of(generator), options, null, null, CancellationToken.None);
        var all = SynthesisBackend.InMemory();
        await Work(job with { Backend = all, WriteOutputs = false });

        var report = await Work(job with { Backend = new LossyBackend(all, (_, mark) => mark.Offset % 14 == 0).Backend });

        Assert.AreEqual(1, report.Reopened);
        Assert.IsTrue(report.IsComplete);
        AssertSame(folder, "undisturbed", "run");
    }

    [TestMethod]
    public async Task RunAsync_NamedColumn_IsTheOneThatIsTranslated()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.jsonl", "{\"a\":\"no\",\"b\":\"yes\"}\n");

        await RunAsync(folder, "texts.jsonl", job: j => j with { Column = "b" });
        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => RunAsync(folder, "texts.jsonl", output: "other"));

        StringAssert.StartsWith(File.ReadAllLines(folder.File("run/translations.csv"))[1], "yes,");
        StringAssert.Contains(e.Message, "text");
    }

    [TestMethod]
    [DataRow(1)]
    [DataRow(37)]
    [DataRow(399)]
    public async Task RunAsync_GivenUpAndRunAgain_EndsAsIfNothingHadHappened(int answers)
    {
        using var folder = new TemporaryFolder();
        Write(folder, 200);
        await RunAsync(folder, "texts.txt", output: "undisturbed");
        using var stop = new CancellationTokenSource();
        var made = 0;
        using var dying = Generator(r =>
        {
            if (Interlocked.Increment(ref made) > answers)
                stop.Cancel();
        });

        await Assert.ThrowsExactlyAsync<SynthesisInterruptedException>(
            () => RunAsync(folder, "texts.txt", generator: dying, cancel: stop.Token));
        using var second = Generator();
        var report = await RunAsync(folder, "texts.txt", generator: second);

        Assert.IsTrue(report.IsComplete);
        AssertSame(folder, "undisturbed", "run");
        Assert.IsLessThanOrEqualTo(400 + 200 - answers, second.Calls.Sum(c => c.Count), "what was answered is not asked again");
    }

    [TestMethod]
    public async Task RunAsync_SeveralAtATime_ShareTheRowsAndWriteTheSame()
    {
        using var folder = new TemporaryFolder();
        Write(folder, 2000);
        await RunAsync(folder, "texts.txt", output: "undisturbed");

        var reports = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(
            () => RunAsync(folder, "texts.txt", generator: Generator(step: TimeSpan.FromMilliseconds(2))))));

        AssertSame(folder, "undisturbed", "run");
        Assert.AreEqual(4000, reports.Sum(r => r.OwnTranslations));
        Assert.IsGreaterThan(1, reports.Count(r => r.OwnTranslations > 0));
    }

    [TestMethod]
    public async Task RetryAsync_FailedTranslation_IsMadeAgainAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "one\ntwo\n");
        using var failing = new ScriptedGenerator(r => r.Translation is { Text: "two", TargetLanguage: "id" }
            ? ScriptedGenerator.Reject(r, RejectionKind.Failed, "the device fell over") : Answer(r));
        var before = await RunAsync(folder, "texts.txt", generator: failing);
        using var generator = Generator();

        var job = RecordedRun.Read(folder.File("run"))!;
        var after = await new SynthesisRun(ScriptedSource.Of(generator), job.Job)
            .RetryAsync(new HashSet<RejectionReason> { RejectionReason.Failed }, CancellationToken.None);

        Assert.AreEqual(1, before.Rejected[RejectionReason.Failed]);
        Assert.IsEmpty(after.Rejected);
        var asked = generator.Calls.SelectMany(c => c).Single();
        Assert.AreEqual(("two", "id", 1), (asked.Translation!.Text, asked.Translation.TargetLanguage, asked.Attempt));
        Assert.AreEqual("two,pos: two,neg: two", File.ReadAllLines(folder.File("run/translations.csv"))[2]);
        CollectionAssert.AreEqual(new[] { "hau_Latn", "id" }, job.Translation!.TargetLanguages.ToArray());
        Assert.AreEqual("eng_Latn", job.Translation.SourceLanguage);
    }

    [TestMethod]
    public async Task RunAsync_OtherTargetsOrAnotherAdapter_AreAnotherRun()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "one\n");
        await RunAsync(folder, "texts.txt");

        var targets = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => RunAsync(folder, "texts.txt", job: j => j with { TargetLanguages = ["hau_Latn"] }));
        var adapter = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => RunAsync(folder, "texts.txt", job: j => j with { Pairs = Pairs.With(LanguagePair.Parse("eng_Latn-id"), "pos") }));
        // a pair that is not the run's
        await RunAsync(folder, "texts.txt", job: j => j with { Pairs = Pairs.With(LanguagePair.Parse("eng_Latn-yor_Latn"), "neg") });

        StringAssert.Contains(targets.Message, "strategy.targets: hau_Latn,id → hau_Latn");
        StringAssert.Contains(adapter.Message, "prompt.pairs.json.sha256");
    }

    [TestMethod]
    public void ToJob_WrongTargets_AreRefusedBeforeAnythingIsWritten()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "one\n");
        var job = Job(folder, "texts.txt", "run");

        foreach (var (targets, said) in new (string[], string)[]
        {
            ([], "No target"), (["id", "id"], "twice"), (["eng_Latn"], "nothing to translate"), (["swh_Latn"], "eng_Latn-swh_Latn"),
        })
        {
            var e = Assert.ThrowsExactly<ArgumentException>(
                () => (job with { TargetLanguages = targets }).ToJob(SamplingOptions.Greedy, "greedy"));
            StringAssert.Contains(e.Message, said);
        }
        Assert.IsFalse(Directory.Exists(folder.File("run")));
    }

    internal static TranslationJobOptions Job(TemporaryFolder folder, string input, string output) => new()
    {
        Input = folder.File(input),
        Output = folder.File(output),
        SourceLanguage = "eng_Latn",
        TargetLanguages = ["hau_Latn", "id"],
        Pairs = Pairs,
        LeaseTimeout = TimeSpan.FromSeconds(5),
    };

    private static async Task<TranslationJobReport> RunAsync(TemporaryFolder folder, string input, string output = "run",
        ScriptedGenerator? generator = null, Func<TranslationJobOptions, TranslationJobOptions>? job = null,
        CancellationToken cancel = default)
    {
        var options = Job(folder, input, output);
        using var made = generator is null ? Generator() : null;
        return await TranslationJob.RunAsync(ScriptedSource.Of(generator ?? made!),
            (job?.Invoke(options) ?? options).ToJob(SamplingOptions.Greedy, "greedy"), null, null, cancel);
    }

    private static ScriptedGenerator Generator(Action<GenerationRequest>? asked = null, TimeSpan step = default) => new(r =>
    {
        asked?.Invoke(r);
        return Answer(r);
    })
    { PreferredBatchSize = 8, Step = step };

    private static GenerationResult Answer(GenerationRequest r) => r.Translation!.Text switch
    {
        "long" => ScriptedGenerator.Reject(r, RejectionKind.TooLong, "The text has 9 tokens; this model reads 8."),
        "endless" => ScriptedGenerator.Answer(r, $"{r.Adapter}: endless ", FinishReason.Length),
        var text => ScriptedGenerator.Answer(r, $" {r.Adapter}: {text}\n"),
    };

    private static void Write(TemporaryFolder folder, int texts) =>
        folder.Write("texts.txt", string.Concat(Enumerable.Range(0, texts).Select(i => $"text {i % (texts - 10)}\n")));

    private static JsonElement[] Lines(TemporaryFolder folder, string name) =>
        [.. File.ReadAllLines(folder.File(name)).Select(l => JsonDocument.Parse(l).RootElement)];

    private static void AssertSame(TemporaryFolder folder, string expected, string run)
    {
        foreach (var file in Outputs)
            Assert.AreEqual(File.ReadAllText(folder.File($"{expected}/{file}")), File.ReadAllText(folder.File($"{run}/{file}")), file);
    }
}
