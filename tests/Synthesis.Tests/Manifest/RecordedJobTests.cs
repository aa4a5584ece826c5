using System.Text.Json;
using System.Text.Json.Nodes;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RecordedJobTests
{
    private static readonly SynthesisOptions Options = new() { Sampling = new SamplingOptions { DoSample = true, Seed = 7 } };

    [TestMethod]
    public void ToJob_EveryOptionWithAnotherValue_IsReadAsItWas()
    {
        using var folder = new TemporaryFolder();
        var job = new SynthesisJobOptions { Input = folder.File("anchors.csv"), Output = folder.File("run"), Synthesis = Options };
        foreach (var (name, (change, _)) in RunIdentityTests.OtherOptions)
            Assert.AreEqual(Flat(change(Options)), Flat(Again(folder, job with { Synthesis = change(Options) }).Synthesis), name);
        // what belongs to the process, and what is loaded anew from files of its own
        string[] others =
        [
            nameof(SynthesisJobOptions.Input), nameof(SynthesisJobOptions.Output), nameof(SynthesisJobOptions.Synthesis),
            nameof(SynthesisJobOptions.Shard), nameof(SynthesisJobOptions.Judge), nameof(SynthesisJobOptions.RejectJudged),
            nameof(SynthesisJobOptions.Truth), nameof(SynthesisJobOptions.Command), nameof(SynthesisJobOptions.Finish),
            nameof(SynthesisJobOptions.Backend), nameof(SynthesisJobOptions.WriteOutputs),
        ];
        foreach (var (name, (change, _)) in RunIdentityTests.OtherJobs.Where(o => !others.Contains(o.Key)))
        {
            var property = typeof(SynthesisJobOptions).GetProperty(name)!;
            Assert.AreNotEqual(property.GetValue(job), property.GetValue(change(job)), name);
            Assert.AreEqual(property.GetValue(change(job)), property.GetValue(Again(folder, change(job))), name);
        }
    }

    [TestMethod]
    public void ToJob_ExamplesInThePrompts_AreThereWithoutTheirFile()
    {
        using var folder = new TemporaryFolder();
        InContextExample[] examples = [new("eins\u2028", "one", null), new("zwei", "two", "\"three\""), new("drei", "three", "four")];
        var strategy = new InContextStrategy(examples, 2, drawn: true);
        var job = new SynthesisJobOptions
        {
            Input = "anchors.csv",
            Output = folder.File("run"),
            Synthesis = Options with { Strategy = strategy },
        };

        var again = (InContextStrategy)Again(folder, job).Synthesis.Strategy;

        CollectionAssert.AreEqual(examples, again.Examples.ToArray());
        CollectionAssert.AreEquivalent(strategy.Settings.ToArray(), again.Settings.ToArray());
        Assert.AreEqual(strategy.Name, again.Name);
    }

    [TestMethod]
    public async Task Read_ARun_GivesTheJobThatContinuesIt()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "one\ntwo\nthree\n");
        folder.Write("truth.jsonl", """{"language": "a", "sent0": "one", "entailments": [], "contradictions": []}""");
        var job = new SynthesisJobOptions
        {
            Input = folder.File("anchors.txt"),
            Output = folder.File("out.csv"),
            Synthesis = ScriptedSource.Options,
            Truth = await GroundTruth.ReadAsync(folder.File("truth.jsonl")),
            License = "cc-by-4.0",
            Command = ["synthesize", "--license", "cc by"],
        };
        var source = ScriptedSource.Of(ScriptedSource.Generator()) with
        {
            Loaded = new RecordedModel(folder.File("models/m"), BatchSize: 7, Canary: false),
        };
        await new SynthesisRun(source, job).RunAsync(default);

        var run = RecordedRun.Read(folder.File("out.run"))!;

        Assert.AreEqual((folder.File("models/m"), folder.File("truth.jsonl"), null), (run.Model, run.Truth, run.Judge));
        Assert.AreEqual((7, false), (run.ModelOptions.BatchSize, run.ModelOptions.Canary));
        Assert.AreEqual((job.Input, job.Output), (run.Job.Input, run.Job.Output));
        using var generator = new ScriptedGenerator(_ => throw new InvalidOperationException("asked"));
        var report = await new SynthesisRun(ScriptedSource.Of(generator), run.Job).RunAsync(default);
        Assert.IsTrue(report.IsComplete, "nothing is left to do: it is the same run");
        var json = JsonNode.Parse(File.ReadAllText(folder.File("out.run/run.json")))!;
        Assert.AreEqual("xllora-onnx synthesize --license 'cc by'", json["command_line"]!.GetValue<string>());
        Assert.IsFalse(json.AsObject().ContainsKey("command"));
    }

    [TestMethod]
    public async Task Read_RunThatWasMoved_FindsWhatWasMovedWithItAndHasNoTableOfAnother()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "one\n");
        var job = new SynthesisJobOptions { Input = folder.File("anchors.txt"), Output = folder.File("out.csv"), Synthesis = Options };
        await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job).RunAsync(default);
        Directory.Move(folder.File("out.run"), folder.File("renamed"));

        var run = RecordedRun.Read(folder.File("renamed/"))!;

        Assert.AreEqual((folder.File("anchors.txt"), folder.File("renamed")), (run.Job.Input, run.Job.Output));
    }

    [TestMethod]
    [DataRow("""{"version": 2}""", "has options of version 2; this version reads 1", true)]
    [DataRow("""{}""", "do not describe a job", false)]
    [DataRow("""[]""", "do not describe a job", false)]
    [DataRow("""{"version": 1}""", "do not describe a job", false)]
    [DataRow("OPTIONS only middle", "are not those of a run", false)]
    [DataRow("OPTIONS samples null", "do not describe a job", false)]
    public async Task Read_OptionsThatAreNone_SaysWhichFileAndWhy(string options, string message, bool isNewer)
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "one\n");
        var job = new SynthesisJobOptions { Input = folder.File("anchors.txt"), Output = folder.File("run"), Synthesis = Options };
        await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job).RunAsync(default);
        var json = JsonNode.Parse(File.ReadAllText(folder.File("run/run.json")))!;
        if (options.Split(' ') is ["OPTIONS", var name, var value])
            json["options"]!["synthesis"]![name] = value == "null" ? null : value;
        else
            json["options"] = JsonNode.Parse(options);
        folder.Write("run/run.json", json.ToJsonString());

        Exception e = isNewer ? Assert.ThrowsExactly<NotSupportedException>(() => RecordedRun.Read(folder.File("run")))
            : Assert.ThrowsExactly<InvalidDataException>(() => RecordedRun.Read(folder.File("run")));

        StringAssert.Contains(e.Message, folder.File("run/run.json"));
        StringAssert.Contains(e.Message, message);
        var report = await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job).RunAsync(default);
        Assert.IsTrue(report.IsComplete, "who says all options needs none of them");
    }

    [TestMethod]
    public async Task Read_RunOfACommandOfBefore_HasNoOptionsButTheCommand()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "one\n");
        var job = new SynthesisJobOptions { Input = folder.File("anchors.txt"), Output = folder.File("run"), Synthesis = Options };
        await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job).RunAsync(default);
        var json = JsonNode.Parse(File.ReadAllText(folder.File("run/run.json")))!.AsObject();
        json.Remove("options");
        Assert.IsNull(Read(json));
        Assert.IsNull(RecordedRun.CommandOf(folder.File("run")), "it was not begun by one");

        json["command"] = JsonNode.Parse("""{"arguments": ["synthesize", "-i", "anchors.txt"], "working_folder": ".."}""");

        Assert.IsNull(Read(json));
        var (arguments, workingFolder) = RecordedRun.CommandOf(folder.File("run"))!.Value;
        CollectionAssert.AreEqual(new[] { "synthesize", "-i", "anchors.txt" }, arguments.ToArray());
        Assert.AreEqual(folder.Path, workingFolder);

        RecordedRun? Read(JsonObject manifest)
        {
            folder.Write("run/run.json", manifest.ToJsonString());
            return RecordedRun.Read(folder.File("run"));
        }
    }

    [TestMethod]
    public void ToJob_StrategyOfItsOwn_IsRefusedByName()
    {
        var recorded = RecordedStrategy.Of(new OwnStrategy(), path => path);

        var e = Assert.ThrowsExactly<NotSupportedException>(() => recorded.ToStrategy("run"));

        StringAssert.Contains(e.Message, "\"my-strategy\"");
    }

    [TestMethod]
    [DataRow("/project/anchors.csv", "/project/run", "/project", "../anchors.csv")]
    [DataRow("data/anchors.csv", "/project/runs/a", "/project", "../../data/anchors.csv")]
    [DataRow("/data/anchors.csv", "/project/run", "/project", "/data/anchors.csv")]
    [DataRow("anchors.csv", "/scratch/run", "/project", "/project/anchors.csv")]
    [DataRow("/projects/anchors.csv", "/project/run", "/project", "/projects/anchors.csv")]
    [DataRow("..anchors.csv", "/project/..run", "/project", "../..anchors.csv")]
    [OSCondition(OperatingSystems.Linux | OperatingSystems.OSX)]
    public void Of_APath_IsRelativeWhereBothLieInTheWorkingFolder(string path, string run, string workingFolder, string recorded)
    {
        Assert.AreEqual(recorded, RecordedPath.Of(path, run, workingFolder));
        Assert.AreEqual(Path.GetFullPath(path, workingFolder), RecordedPath.Full(recorded, run));
    }

    private static SynthesisJobOptions Again(TemporaryFolder folder, SynthesisJobOptions job)
    {
        var recorded = RecordedJob.Of(
            ScriptedSource.Of(ScriptedSource.Generator()), job.Synthesis, job, RunFolder.At(job.Output!));
        var written = JsonElement.Parse(recorded.ToJson().GetRawText());
        return RecordedJob.Parse(written, "run.json").ToJob(folder.File("run"));
    }

    /// <summary>With what a record does not compare by its content.</summary>
    private static string Flat(SynthesisOptions options) => string.Join('\n',
        options with { Strategy = new OwnStrategy(), Filters = new AnswerFilterOptions() },
        string.Join(", ", options.Strategy.Templates), string.Join(", ", options.Strategy.Settings), string.Join(", ", options.Filters.Facts()));

    private sealed class OwnStrategy : ISynthesisStrategy
    {
        public string Name => "my-strategy";

        public IReadOnlyDictionary<string, string> Templates { get; } = new Dictionary<string, string>();

        public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

        public string Prompt(SynthesisSide side, string anchor, string language, PromptRandom random) => anchor;
    }
}
