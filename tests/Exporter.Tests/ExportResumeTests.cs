
namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Exports that are interrupted, continued, in the way of each other, or refused.</summary>
[TestClass]
public sealed class ExportResumeTests
{
    private static readonly string Model = Repository.Data("models", "gemma3-text");

    [TestMethod]
    public void Export_InterruptedAtAnyJournalLine_ContinuesToTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        var undisturbed = folder.Export("gemma3-text");
        var output = folder.File("out");
        var interruptions = 0;
        for (var allowed = 1; !Directory.Exists(output); allowed++)
        {
            using var source = new CancellationTokenSource();
            var reports = 0;
            // each run gets one report further into the weights than what is in the journal
            var progress = new Reports(p => { if (p.Stage == "weights" && ++reports > 3 * allowed) source.Cancel(); });
            try
            {
                ModelExporter.Export(Model, output, Options, progress, source.Token);
            }
            catch (ExportInterruptedException e)
            {
                interruptions++;
                Assert.AreEqual(output + ".partial", e.PartialFolder);
                StringAssert.Contains(e.Message, "same command continues");
            }
        }

        Assert.IsGreaterThan(5, interruptions);
        AssertSame(undisturbed, output);
        Assert.IsFalse(Directory.Exists(output + ".partial"));
    }

    [TestMethod]
    public void Export_Continued_SkipsWhatIsThere()
    {
        using var folder = new TemporaryFolder();
        Interrupt(folder.File("out"), after: 200_000);

        var plan = ModelExporter.Plan(Model, folder.File("out"), Options);
        var first = -1L;
        var report = ModelExporter.Export(
            Model, folder.File("out"), Options, new Reports(p => first = first < 0 ? p.BytesDone : first));

        Assert.IsGreaterThan(100_000, plan.ResumesFrom);
        Assert.IsGreaterThan(0, first);
        Assert.IsLessThan(plan.BytesIn, report.BytesRead);
    }

    [TestMethod]
    public void Export_UnfinishedWithOtherOptions_StartsOverAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        Interrupt(folder.File("out"), after: 200_000);
        var options = Options with { ContextLength = 100 };
        var stages = new List<string>();

        var plan = ModelExporter.Plan(Model, folder.File("out"), options);
        ModelExporter.Export(Model, folder.File("out"), options, new Reports(p => stages.Add(p.Stage)));
        ModelExporter.Export(Model, folder.File("fresh"), options);

        StringAssert.Contains(plan.StartsOver, "other options");
        Assert.AreEqual(0, plan.ResumesFrom);
        StringAssert.StartsWith(stages[0], "starting over");
        AssertSame(folder.File("fresh"), folder.File("out"));
    }

    [TestMethod]
    public void Export_UnfinishedOfOtherWeights_IsRefusedAndKept()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Model.CopyTo(folder, "checkpoint");
        Interrupt(folder.File("out"), after: 200_000, checkpoint);
        var shard = Directory.EnumerateFiles(checkpoint, "model*.safetensors").First();
        File.SetLastWriteTimeUtc(shard, DateTime.UtcNow.AddMinutes(1));

        var error = Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(checkpoint, folder.File("out"), Options));

        StringAssert.Contains(error.Message, "other weights");
        Assert.IsTrue(File.Exists(folder.File("out.partial/export.journal")));
    }

    [TestMethod]
    public void Export_PartialFolderThatIsNotOurs_IsRefusedAndUntouched()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out.partial/mine.txt", "kept");

        var error = Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(Model, folder.File("out")));

        StringAssert.Contains(error.Message, "is in the way");
        Assert.AreEqual("kept", File.ReadAllText(folder.File("out.partial/mine.txt")));
    }

    [TestMethod]
    public void Export_WhileAnotherRuns_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Exception? error = null;
        var progress = new Reports(p =>
            error ??= Assert.ThrowsExactly<ExportLockedException>(() => ModelExporter.Export(Model, folder.File("out"), Options)));

        ModelExporter.Export(Model, folder.File("out"), Options, progress);

        StringAssert.Contains(error!.Message, "Another process");
    }

    [TestMethod]
    public void Export_LeftoversBesideAFinishedFolder_AreRemoved()
    {
        using var folder = new TemporaryFolder();
        ModelExporter.Export(Model, folder.File("out"));
        folder.Write("out.partial/export.journal", "xllora-onnx export journal 1 x\n");

        Assert.ThrowsExactly<IOException>(() => ModelExporter.Export(Model, folder.File("out")));

        Assert.IsFalse(Directory.Exists(folder.File("out.partial")));
    }

    [TestMethod]
    public void Export_SeveralReasonsAtOnce_AreAllGiven()
    {
        using var folder = new TemporaryFolder();
        folder.Write("out/mine.txt", "kept");
        var options = new ExportOptions
        {
            MaxRam = 16 << 20,
            Adapters = new Dictionary<string, string>
            {
                ["a"] = Repository.Data("models", "refused", "gemma3-text", "dora"),
                ["b"] = folder.File("absent"),
            },
        };

        var plan = ModelExporter.Plan(Model, folder.File("out"), options);
        var error = Assert.ThrowsExactly<ExportRefusedException>(() => ModelExporter.Export(Model, folder.File("out"), options));

        Assert.AreEqual(plan.Problems.Count, error.Problems.Count);
        foreach (var part in (string[])["not empty", "use_dora", "absent", "too small"])
            Assert.ContainsSingle(p => p.Contains(part), error.Problems, part);
        Assert.IsNull(plan.EstimatedTime);
    }

    [TestMethod]
    public void Export_ModelAndAdaptersAreRefused_BothAreSaid()
    {
        using var folder = new TemporaryFolder();
        var checkpoint = Model.CopyTo(folder, "checkpoint");
        File.WriteAllText(Path.Combine(checkpoint, "config.json"), """{"architectures": ["MambaForCausalLM"], "model_type": "mamba"}""");
        var adapters = new Dictionary<string, string> { ["a"] = Repository.Data("models", "refused", "gemma3-text", "dora") };

        var error = Assert.ThrowsExactly<ExportRefusedException>(
            () => ModelExporter.Export(checkpoint, folder.File("out"), new ExportOptions { Adapters = adapters }));

        foreach (var part in (string[])["MambaForCausalLM", "use_dora"])
            Assert.ContainsSingle(p => p.Contains(part), error.Problems, part);
    }

    [TestMethod]
    public void Plan_Checkpoint_SaysWhatTheExportWillDoAndWritesNothing()
    {
        using var folder = new TemporaryFolder();

        var plan = ModelExporter.Plan(Model, folder.File("deep/out"));

        Assert.AreEqual(("gemma3", "Gemma3ForCausalLM", "fp32"), (plan.Family, plan.Architecture, plan.Precision));
        Assert.AreEqual((350976L, 0L, 2L << 30), (plan.Parameters, plan.ResumesFrom, plan.MemoryCeiling));
        Assert.IsEmpty(plan.Problems);
        Assert.IsTrue(plan.BytesOut > plan.BytesIn / 2 && plan.DiskFree > plan.DiskNeeded && plan.EstimatedTime > TimeSpan.Zero);
        Assert.IsEmpty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static ExportOptions Options { get; } = new() { JournalInterval = TimeSpan.Zero };

    /// <summary>As soon as so many bytes are written and a hash is in the journal, which comes when its thread comes to it.</summary>
    private static void Interrupt(string output, long after, string? checkpoint = null)
    {
        using var source = new CancellationTokenSource();
        var journal = Path.Combine(output + ".partial", "export.journal");
        var progress = new Reports(p => { if (p.BytesDone > after && JournalEntries.Read(journal).Hashes.Count > 0) source.Cancel(); });
        Assert.ThrowsExactly<ExportInterruptedException>(() =>
            ModelExporter.Export(checkpoint ?? Model, output, Options, progress, source.Token));
    }

    private static void AssertSame(string expected, string actual)
    {
        var files = Relative(expected);
        CollectionAssert.AreEqual(files, Relative(actual));
        foreach (var file in files)
            CollectionAssert.AreEqual(File.ReadAllBytes(Path.Combine(expected, file)), File.ReadAllBytes(Path.Combine(actual, file)), file);
    }

    private static string[] Relative(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(f => Path.GetRelativePath(folder, f)).Order(StringComparer.Ordinal)];

    /// <summary>Reports at once, unlike <see cref="Progress{T}"/>.</summary>
    private sealed class Reports(Action<ExportProgress> then) : IProgress<ExportProgress>
    {
        public void Report(ExportProgress value) => then(value);
    }
}
