using System.Text.Json;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Rows with a language of their own.</summary>
public sealed partial class SynthesisRunTests
{
    private static readonly LanguageAdapters[] TwoLanguages =
        [new("hau", "Hausa", "hau-positive", "hau-negative"), new("swh", "Swahili", "swh-positive", "swh-negative")];

    [TestMethod]
    [DataRow("anchors.csv")]
    [DataRow("anchors.jsonl")]
    public async Task RunAsync_LanguageColumn_AsksWithTheAdaptersOfEachRowAndSaysItsLanguage(string name)
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("hau-positive", "hau-negative", "swh-positive", "swh-negative");
        var input = Languages(folder, name, 40);
        SynthesisPlan? plan = null;

        var report = await Run(folder, input, generator).RunAsync(default);
        await Run(folder, input, generator, new Planned(p => plan = p)).RunAsync(default);

        Assert.AreEqual(40, report.Triplets);
        foreach (var request in generator.Calls.SelectMany(c => c))
            StringAssert.StartsWith(request.Adapter, ScriptedGenerator.AnchorOf(request).Split(' ')[0]);
        foreach (var (receipt, triplet) in Lines(folder, "receipts.jsonl").Zip(Lines(folder, "triplets.jsonl")))
        {
            var language = triplet.RootElement.GetProperty("language").GetString()!;
            StringAssert.StartsWith(triplet.RootElement.GetProperty("sent0").GetString(), language);
            Assert.AreEqual(language, receipt.RootElement.GetProperty("language").GetString());
        }
        Assert.AreEqual("sent0,sent1,hard_neg,language", File.ReadLines(folder.File("run/triplets.csv")).First());
        Assert.AreEqual("hau 20, swh 20", string.Join(", ", plan!.Languages.Select(l => $"{l.Key} {l.Value}")));
        Assert.IsTrue(plan.IsComplete);
        Assert.IsTrue(RunVerifier.Verify(folder.File("run")).All(c => c.Passed));
        var job = Job(folder, input);
        var again = await new RunSample(ScriptedSource.Of(generator), job.Resolved(new())).CompareAsync(folder.File("run"), 1, default);
        Assert.AreEqual((80, 80), (again.Answers, again.Equal));
    }

    [TestMethod]
    public async Task RunAsync_SameAnchorInTwoLanguages_IsTwoRowsThatDrawTheSameNumbers()
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("hau-positive", "hau-negative", "swh-positive", "swh-negative");
        folder.Write("anchors.csv", "sent0,language\nsame,hau\nsame,swh\nsame,hau\n");

        var report = await Run(folder, folder.File("anchors.csv"), generator, dedupe: true).RunAsync(default);

        Assert.AreEqual(2, report.Rows, "the third comes again in its language");
        var requests = generator.Calls.SelectMany(c => c).Where(r => r.Adapter!.EndsWith("positive", StringComparison.Ordinal)).ToArray();
        Assert.HasCount(2, requests.Select(r => r.RowId).Distinct().ToArray());
        Assert.HasCount(1, requests.Select(r => r.RandomStream).Distinct().ToArray());
        Assert.AreEqual(RowKey.Of("same").RequestId(SynthesisSide.Positive, 0), requests[0].RandomStream);
    }

    [TestMethod]
    [DataRow("sent0,language\na,hau\nb,amh\n", "\"amh\"")]
    [DataRow("sent0,language\na,hau\nb,\n", "row 1 (from 0), has no language")]
    [DataRow("sent0,lang\na,hau\n", "no such column")]
    public async Task RunAsync_LanguageThatIsNotThere_IsRefusedBeforeAnythingIsWritten(string anchors, string said)
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("hau-positive", "hau-negative", "swh-positive", "swh-negative");
        folder.Write("anchors.csv", anchors);

        var e = await Assert.ThrowsAsync<Exception>(() => Run(folder, folder.File("anchors.csv"), generator).RunAsync(default));

        StringAssert.Contains(e.Message, said);
        Assert.IsFalse(Directory.Exists(folder.File("run")));
    }

    [TestMethod]
    public async Task RunAsync_OtherFacts_IsAnotherRun()
    {
        using var folder = new TemporaryFolder();
        using var generator = Adapted("hau-positive", "hau-negative", "swh-positive", "swh-negative");
        var input = Languages(folder, "anchors.csv", 20);
        await Run(folder, input, generator).RunAsync(default);

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(
            () => Run(folder, input, generator, facts: new() { ["part.hausa.sha256"] = "other" }).RunAsync(default));

        StringAssert.Contains(e.Message, "strategy.part.hausa.sha256: first → other");
        var recorded = RecordedRun.Read(folder.File("run"))!.Job;
        var strategy = (CompositionStrategy)recorded.Synthesis.Strategy;
        Assert.AreEqual("language", recorded.LanguageColumn);
        CollectionAssert.AreEqual(TwoLanguages, strategy.LanguageAdapters.ToArray());
        Assert.AreEqual("first", strategy.Settings["part.hausa.sha256"]);
        Assert.AreEqual(folder.File("run/adapters"), strategy.Source!.Cache);
        Assert.AreEqual("{}", strategy.Source.Recipes);
    }

    [TestMethod]
    public async Task LanguagesAsync_OfAFile_AreThereOnceInTheirOrder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.csv", "sent0,language\na,swh\nb,hau\nc,swh\nd,amh\n");

        CollectionAssert.AreEqual(new[] { "swh", "hau", "amh" },
            (await AnchorReader.LanguagesAsync(folder.File("anchors.csv"), "language")).ToArray());
        CollectionAssert.AreEqual(new[] { "swh", "hau" },
            (await AnchorReader.LanguagesAsync(folder.File("anchors.csv"), "language", limit: 3)).ToArray());
    }

    private static string Languages(TemporaryFolder folder, string name, int rows)
    {
        var isTable = name.EndsWith(".csv", StringComparison.Ordinal);
        var lines = Enumerable.Range(0, rows).Select(i => (Code: i % 2 == 0 ? "hau" : "swh", Text: $"anchor {i}")).Select(r => isTable
            ? $"{r.Code} {r.Text},{r.Code}" : JsonSerializer.Serialize(new { sent0 = $"{r.Code} {r.Text}", language = r.Code }));
        return folder.Write(name, (isTable ? "sent0,language\n" : "") + string.Join('\n', lines) + "\n");
    }

    private static SynthesisJobOptions Job(
        TemporaryFolder folder, string input, bool dedupe = false, Dictionary<string, string>? facts = null) => new()
        {
            Input = input,
            Output = folder.File("run"),
            LanguageColumn = "language",
            Dedupe = dedupe,
            Synthesis = ScriptedSource.Options with
            {
                Filters = new AnswerFilterOptions { Checks = [RejectionReason.Empty] },
                Strategy = new CompositionStrategy(TwoLanguages, facts ?? new() { ["part.hausa.sha256"] = "first" })
                {
                    Source = new CompositionSource
                    {
                        Recipes = "{}",
                        RecipesPath = folder.File("recipes.json"),
                        Cache = folder.File("run/adapters"),
                        Files = new Dictionary<string, string> { ["hau-positive"] = "a.onnx_adapter" },
                    },
                },
            },
        };

    private static SynthesisRun Run(TemporaryFolder folder, string input, ScriptedGenerator generator,
        IProgress<SynthesisPlan>? planned = null, bool dedupe = false, Dictionary<string, string>? facts = null) =>
        new(ScriptedSource.Of(generator), Job(folder, input, dedupe, facts), planned);

    private sealed class Planned(Action<SynthesisPlan> tell) : IProgress<SynthesisPlan>
    {
        public void Report(SynthesisPlan value) => tell(value);
    }
}
