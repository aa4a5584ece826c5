using System.Globalization;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Cli.Tests;

/// <summary>Adapters composed for each language, rows of several languages in one run.</summary>
[TestClass]
public sealed partial class SynthesizeRecipesTests
{
    private static readonly string[] Languages = ["hau", "swh", "deu"];

    [TestMethod]
    public void Synthesize_RecipesOfThreeLanguages_EachRowAnswersAsWithItsAdaptersExportedAlone()
    {
        using var folder = new Workplace();

        var mixed = folder.Synthesize("run");

        Assert.AreEqual(0, mixed.ExitCode, mixed.Error);
        StringAssert.Contains(mixed.Error, "6 adapters for 3 languages: 6 composed");
        StringAssert.Contains(mixed.Error, "3 languages: hau 9, swh 8, deu 8");
        var rows = folder.Triplets("run");
        Assert.HasCount(25, rows);
        foreach (var language in Languages)
        {
            var alone = folder.SynthesizeAlone(language);
            CollectionAssert.AreEqual(alone, rows.Where(r => r.Language == language).Select(r => (r.Sent0, r.Sent1, r.HardNeg)).ToArray(),
                language);
        }
        // the same anchor in two languages is two rows, with adapters that differ
        Assert.AreEqual(2, rows.Count(r => r.Sent0 == folder.Repeated));
        CollectionAssert.AreEqual(new[] { "sent0", "sent1", "hard_neg", "language" },
            File.ReadLines(folder.File("run/triplets.csv")).First().Split(','));
        var card = File.ReadAllText(folder.File("run/README.md"));
        StringAssert.Contains(card, "hau-positive");
    }

    [TestMethod]
    public void Synthesize_SecondRunOnTheSameCache_ComposesNothingAndSaysTheSame()
    {
        using var folder = new Workplace();
        var first = folder.Synthesize("first", "--adapter-cache", "cache");
        Assert.AreEqual(0, first.ExitCode, first.Error);
        var made = Times();

        var second = folder.Synthesize("second", "--adapter-cache", "cache");

        StringAssert.Contains(second.Error, "6 adapters for 3 languages: 0 composed, 6 were in");
        CollectionAssert.AreEqual(made, Times());
        Assert.IsFalse(Directory.Exists(folder.File("second/adapters")));
        CollectionAssert.AreEqual(folder.Triplets("first"), folder.Triplets("second"));

        string[] Times() => [.. Directory.GetFiles(folder.File("cache"), "*.onnx_adapter").Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetFileName(f)} {File.GetLastWriteTimeUtc(f).Ticks.ToString(CultureInfo.InvariantCulture)}")];
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public void Synthesize_InterruptedAndContinuedByTwoProcesses_IsTheSameRun()
    {
        using var folder = new Workplace(rows: 40);
        Assert.AreEqual(0, folder.Synthesize("whole").ExitCode);

        var cut = CommandLine.RunAndInterrupt(folder.Path, line => line.Contains(" of 121 rows", StringComparison.Ordinal),
            folder.Arguments("cut", "--slots", "1"));
        var both = new[] { 0, 1 }.AsParallel().WithDegreeOfParallelism(2).Select(_ => folder.Synthesize("cut")).ToArray();

        Assert.AreEqual(130, cut.ExitCode, cut.Error);
        foreach (var process in both)
        {
            Assert.AreEqual(0, process.ExitCode, process.Error);
            StringAssert.Contains(process.Error, "0 composed, 6 were in");
        }
        CollectionAssert.AreEqual(folder.Triplets("whole"), folder.Triplets("cut"));
    }

    [TestMethod]
    public void Synthesize_TwoProcessesAtOnce_ComposeEachAdapterOnce()
    {
        using var folder = new Workplace();

        var both = new[] { 0, 1 }.AsParallel().WithDegreeOfParallelism(2).Select(_ => folder.Synthesize("run")).ToArray();

        Assert.IsTrue(both.All(p => p.ExitCode == 0), both[0].Error + both[1].Error);
        Assert.AreEqual(6, both.Sum(p => Composed(p.Error)));
        Assert.HasCount(6, Directory.GetFiles(folder.File("run/adapters"), "*.onnx_adapter"));
        Assert.IsEmpty(Directory.GetDirectories(folder.File("run/adapters")));
        Assert.HasCount(25, folder.Triplets("run"));
    }

    [TestMethod]
    public void Retry_AndVerifyOfARun_MountItsAdaptersAgainAndMakeThoseThatAreGone()
    {
        using var folder = new Workplace();
        Assert.AreEqual(0, folder.Synthesize("run").ExitCode);

        var verified = CommandLine.Run(folder.Path, "verify", "run", "--sample", "100%");
        Directory.Delete(folder.File("run/adapters"), recursive: true);
        var again = CommandLine.Run(folder.Path, "verify", "run", "--sample", "100%");
        var retried = CommandLine.Run(folder.Path, "retry", "run", "--only", "length,copy");

        Assert.AreEqual(0, verified.ExitCode, verified.Output + verified.Error);
        StringAssert.Contains(verified.Output, "50 of 50 answers came out the same");
        StringAssert.Contains(again.Output, "50 of 50 answers came out the same");
        Assert.AreEqual(0, retried.ExitCode, retried.Error);
        Directory.Delete(folder.File("run/adapters"), recursive: true);
        folder.ChangePart("pos");
        var changed = CommandLine.Run(folder.Path, "verify", "run", "--sample", "100%");
        Assert.AreEqual(1, changed.ExitCode);
        StringAssert.Contains(changed.Error, "part.pos.sha256");
    }

    [TestMethod]
    public void Synthesize_PartOrRecipeChangedSinceTheRunBegan_IsRefusedAndNamesIt()
    {
        using var folder = new Workplace();
        Assert.AreEqual(0, folder.Synthesize("run").ExitCode);
        var files = Directory.GetFiles(folder.File("run"), "*", SearchOption.AllDirectories);

        folder.ChangePart("neg");
        var part = folder.Synthesize("run");
        folder.ChangeRecipes(r => r["lambda"] = 0.3);
        var recipe = folder.Synthesize("run");

        Assert.AreEqual((1, 1), (part.ExitCode, recipe.ExitCode));
        StringAssert.Contains(part.Error, "part.neg.sha256: ");
        Assert.IsFalse(part.Error.Contains("part.pos", StringComparison.Ordinal), part.Error);
        StringAssert.Contains(recipe.Error, "recipe.hau.positive: pos + lambda * (pos - neg), lambda 0.1 → ");
        CollectionAssert.AreEquivalent(files, Directory.GetFiles(folder.File("run"), "*", SearchOption.AllDirectories));
    }

    [TestMethod]
    public void Synthesize_OneLanguageForAllRows_TakesItFromTheCommandLine()
    {
        using var folder = new Workplace();
        folder.Write("hausa.txt", "Sojan yana karanta jaridu.\nMalamin yana sayar da kifi.\n");

        var result = folder.Run("synthesize", "-m", Models.Demo, "-i", "hausa.txt", "-o", "run", "--strategy", "composition", "--recipes",
            "recipes.json", "--language", "hau", "--positive-only", "--greedy");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Error, "1 adapters for 1 languages");
        Assert.AreEqual("sent0,sent1", File.ReadLines(folder.File("run/triplets.csv")).First());
    }

    [TestMethod]
    [DataRow("amh", null, new[] { "\"amh\"", "hau, swh, deu" })]
    [DataRow("hau", """{"mode": "svd"}""", new[] { "recipes.json", "rank" })]
    [DataRow("hau", """{"mode": "sum"}""", new[] { "mode is \"sum\"", "factor, exact, svd" })]
    [DataRow("hau", """{"template": {"positive": "pos + * neg"}}""", new[] { "position 7" })]
    [DataRow("hau", """{"template": {"positive": "pos + absent"}}""", new[] { "'absent'", "pos, neg" })]
    [DataRow("hau", """{"template": {"positive": "pos"}}""", new[] { "\"hau\" has no recipe \"negative\"" })]
    [DataRow("hau", """{"lambda": null}""", new[] { "'lambda'" })]
    [DataRow("hau", """{"languges": {}}""", new[] { "languges", "languages" })]
    [DataRow("hau", """{"adapters": {"pos": "nowhere", "neg": "nowhere"}}""", new[] { "nowhere" })]
    public void Synthesize_BadRecipes_IsOneMessageAndLeavesNothing(string language, string? change, string[] said)
    {
        using var folder = new Workplace();
        folder.Write("anchors.csv", $"sent0,language\nDer Fischer trägt Holz.,deu\nSojan yana karanta jaridu.,{language}\n");
        if (change is not null)
            folder.ChangeRecipes(recipes =>
            {
                foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
                    recipes[name] = value?.DeepClone();
            });

        var result = folder.Synthesize("run");

        Assert.AreEqual(1, result.ExitCode, result.Error);
        foreach (var words in said)
            StringAssert.Contains(result.Error, words);
        Assert.IsFalse(Directory.Exists(folder.File("run")));
    }

    [TestMethod]
    public void Synthesize_OptionsThatDoNotGoTogether_SaySo()
    {
        using var folder = new Workplace();
        string[] start = ["synthesize", "-m", Models.Demo, "-i", "anchors.csv", "-o", "run"];

        var strategy = folder.Run([.. start, "--recipes", "recipes.json"]);
        var adapter = folder.Run([.. start, "--strategy", "composition", "--recipes", "recipes.json", "--positive", "pos"]);
        var cache = folder.Run([.. start, "--adapter-cache", "cache"]);
        var none = folder.Run([.. start, "--strategy", "composition"]);
        var column = folder.Run([.. start, "--strategy", "composition", "--recipes", "recipes.json", "--language-column", "lang"]);

        StringAssert.Contains(strategy.Error, "--strategy composition");
        StringAssert.Contains(adapter.Error, "leave --positive and --negative out");
        StringAssert.Contains(cache.Error, "--recipes FILE");
        StringAssert.Contains(none.Error, "--recipes FILE");
        StringAssert.Contains(column.Error, "\"lang\"");
        Assert.IsFalse(Directory.Exists(folder.File("run")));
    }

    private static int Composed(string error)
    {
        const string Said = " languages: ";
        var line = error.Split('\n').Single(l => l.Contains(" composed, ", StringComparison.Ordinal));
        var from = line.IndexOf(Said, StringComparison.Ordinal) + Said.Length;
        return int.Parse(line[from..line.IndexOf(" composed", StringComparison.Ordinal)], CultureInfo.InvariantCulture);
    }
}
