namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunIdentityTests
{
    private static readonly RunInput Input = new("anchors.csv", 1000, "ab12", 20, 15);

    private static readonly SynthesisOptions Options = new() { Sampling = new SamplingOptions { DoSample = true, Seed = 7 } };

    private static readonly SynthesisJobOptions Job = new() { Input = "anchors.csv", Output = "run" };

    /// <summary>Another value of every option, and the fact that it changes; null for what the outputs do not depend on.</summary>
    internal static readonly Dictionary<string, (Func<SynthesisOptions, SynthesisOptions> Change, string? Fact)> OtherOptions = new()
    {
        [nameof(SynthesisOptions.Strategy)] = (o => o with { Strategy = new PromptStrategy("xllora-train-v1") }, "strategy"),
        [nameof(SynthesisOptions.Positive)] = (o => o with { Positive = "other" }, "sent1.adapter"),
        [nameof(SynthesisOptions.Negative)] = (o => o with { Negative = null }, "hard_neg.adapter"),
        [nameof(SynthesisOptions.Only)] = (o => o with { Only = SynthesisSide.Positive }, "hard_neg.adapter"),
        [nameof(SynthesisOptions.Language)] = (o => o with { Language = "Hausa" }, "language"),
        [nameof(SynthesisOptions.Sampling)] = (o => o with { Sampling = o.Sampling! with { Seed = 8 } }, "seed"),
        [nameof(SynthesisOptions.MaxNewTokens)] = (o => o with { MaxNewTokens = 64 }, "max_new_tokens"),
        [nameof(SynthesisOptions.Samples)] = (o => o with { Samples = 2 }, "samples"),
        [nameof(SynthesisOptions.MaxAttempts)] = (o => o with { MaxAttempts = 2 }, "max_attempts"),
        [nameof(SynthesisOptions.MaxFailures)] = (o => o with { MaxFailures = 9 }, null),
        [nameof(SynthesisOptions.DoubleBos)] = (o => o with { DoubleBos = true }, "double_bos"),
        [nameof(SynthesisOptions.Filters)] = (o => o with { Filters = new AnswerFilterOptions { Repair = false } }, "filters.repair"),
    };

    internal static readonly Dictionary<string, (Func<SynthesisJobOptions, SynthesisJobOptions> Change, string? Fact)> OtherJobs = new()
    {
        [nameof(SynthesisJobOptions.Dedupe)] = (j => j with { Dedupe = true }, "dedupe"),
        [nameof(SynthesisJobOptions.RejectNearDuplicates)] = (j => j with { RejectNearDuplicates = true }, "reject_near_duplicates"),
        [nameof(SynthesisJobOptions.MaxOccurrences)] = (j => j with { MaxOccurrences = 5 }, "max_occurrences"),
        [nameof(SynthesisJobOptions.Judge)] = (j => j with { Judge = ScriptedJudge.Make() }, "judge"),
        [nameof(SynthesisJobOptions.RejectJudged)] = (j => j with { Judge = ScriptedJudge.Make(), RejectJudged = true }, "judge"),
        // the files that are read are known by their hash, their rows by their number; both come with the input
        [nameof(SynthesisJobOptions.Input)] = (j => j with { Input = "moved.csv" }, null),
        [nameof(SynthesisJobOptions.Split)] = (j => j with { Split = "train" }, null),
        [nameof(SynthesisJobOptions.Limit)] = (j => j with { Limit = 10 }, null),
        // known to the options that a run resolves, and part of their language
        [nameof(SynthesisJobOptions.LanguageColumn)] = (j => j with { LanguageColumn = "code" }, null),
        [nameof(SynthesisJobOptions.Output)] = (j => j with { Output = "moved" }, null),
        [nameof(SynthesisJobOptions.Synthesis)] = (j => j with { Synthesis = Options }, null),
        [nameof(SynthesisJobOptions.Shard)] = (j => j with { Shard = new SynthesisShard(0, 2) }, null),
        [nameof(SynthesisJobOptions.Backend)] = (j => j with { Backend = SynthesisBackend.InMemory() }, null),
        [nameof(SynthesisJobOptions.WriteOutputs)] = (j => j with { WriteOutputs = false }, null),
        [nameof(SynthesisJobOptions.LeaseTimeout)] = (j => j with { LeaseTimeout = TimeSpan.FromMinutes(1) }, null),
        [nameof(SynthesisJobOptions.License)] = (j => j with { License = "MIT" }, null),
        [nameof(SynthesisJobOptions.Truth)] = (j => j, null),
        [nameof(SynthesisJobOptions.ReportRows)] = (j => j with { ReportRows = 1 }, null),
        [nameof(SynthesisJobOptions.Command)] = (j => j with { Command = ["x"] }, null),
        [nameof(SynthesisJobOptions.Finish)] = (j => j with { Finish = new CancellationToken(true) }, null),
    };

    [TestMethod]
    public void Of_EveryOptionWithAnotherValue_IsAnotherRunOrSaidNotToMatter()
    {
        Covers(typeof(SynthesisOptions), OtherOptions.Keys);
        Covers(typeof(SynthesisJobOptions), OtherJobs.Keys);
        foreach (var (name, (change, fact)) in OtherOptions)
            Changes(name, fact, Of(change(Options), Job));
        foreach (var (name, (change, fact)) in OtherJobs)
            Changes(name, fact, Of(Options, change(Job)));
    }

    [TestMethod]
    public void Of_EverySamplingOption_IsPartOfIt()
    {
        Func<SamplingOptions, SamplingOptions>[] changes =
        [
            s => s with { DoSample = false }, s => s with { Temperature = 0.5f }, s => s with { TopK = 7 }, s => s with { TopP = 0.5f },
            s => s with { MinP = 0.5f }, s => s with { RepetitionPenalty = 2 }, s => s with { Seed = 8 },
        ];
        Assert.HasCount(
            typeof(SamplingOptions).GetProperties().Count(p => p.SetMethod is not null), changes, "an option is forgotten here");
        foreach (var change in changes)
            Assert.HasCount(1, Differences(Of(Options with { Sampling = change(Options.Sampling!) }, Job)));
    }

    [TestMethod]
    public void Of_OtherModelOrAdapterFileOrInput_IsAnotherRun()
    {
        using var generator = ScriptedSource.Generator();
        var source = ScriptedSource.Of(generator);
        (RunSource Source, RunInput Input, string[] Facts)[] others =
        [
            (source with { BaseFingerprint = "sha256:1" }, Input, ["base.fingerprint"]),
            (source with { Precision = "int4" }, Input, ["base.precision"]),
            (source with { AdapterSha256 = name => "another " + name }, Input, ["hard_neg.adapter.sha256", "sent1.adapter.sha256"]),
            (source, Input with { Sha256 = "cd" }, ["input.sha256"]),
            (source, Input with { Rows = 19 }, ["input.rows"]),
            (source with { ToolVersion = "9", Devices = ["cuda:0"], Model = "elsewhere" }, Input with { Path = "moved.csv" }, []),
        ];
        foreach (var (other, input, facts) in others)
            CollectionAssert.AreEqual(
                facts, Differences(RunIdentity.Of(other, Options, Job, input)).Select(d => d.Split(':')[0]).ToArray());
    }

    [TestMethod]
    public void Differences_OfTwo_AreOneLineEachInTheirOrder()
    {
        var before = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2", ["same"] = "x" };
        var now = new Dictionary<string, string> { ["same"] = "x", ["c"] = "3", ["b"] = "4" };

        CollectionAssert.AreEqual(new[] { "a: 2 → (not there)", "b: 1 → 4", "c: (not there) → 3" },
            RunIdentity.Differences(before, now).ToArray());
        Assert.IsEmpty(RunIdentity.Differences(now, now));
    }

    [TestMethod]
    public void NameOf_Facts_NeverChanges()
    {
        // receipts and run.json of runs that are done hold such names
        Assert.AreEqual("ec8a81f9e5736655", RunIdentity.NameOf(new(StringComparer.Ordinal) { ["seed"] = "7", ["language"] = "Hausa" }));
        Assert.AreEqual("e3b0c44298fc1c14", RunIdentity.NameOf([]));
    }

    [TestMethod]
    public void Context_OfASide_HoldsItsAdapterAloneAndTheCircumstances()
    {
        using var generator = ScriptedSource.Generator();
        var source = ScriptedSource.Of(generator) with { Devices = ["cuda:0", "cuda:1"] };

        var positive = RunIdentity.Context(source, Options with { Negative = null }, SynthesisSide.Positive, "pos");
        var negative = RunIdentity.Context(source, Options with { Negative = null }, SynthesisSide.Negative, null);

        Assert.AreEqual(("pos", "sha256 of pos", "sent1"), (positive["adapter"], positive["adapter.sha256"], positive["side"]));
        Assert.AreEqual(("none", "hard_neg"), (negative["adapter"], negative["side"]));
        Assert.IsFalse(negative.ContainsKey("adapter.sha256"));
        Assert.AreEqual(("continuous", "cuda:0, cuda:1", "0"), (positive["engine"], positive["devices"], positive["tool_version"]));
        Assert.AreEqual("7", positive["seed"]);
        Assert.AreEqual(("pos", null), (RunIdentity.AdapterOf(positive), RunIdentity.AdapterOf(negative)));
        Assert.AreEqual("greedy, repetition_penalty 1.5", RunIdentity.Context(source, Options with
        {
            Sampling = new SamplingOptions { RepetitionPenalty = 1.5f },
        }, SynthesisSide.Positive, "pos")["sampling"], "numbers are written alike everywhere");
    }

    private static void Covers(Type options, IEnumerable<string> names) => CollectionAssert.AreEquivalent(
        options.GetProperties().Where(p => p.SetMethod is not null).Select(p => p.Name).ToArray(), names.ToArray(),
        "an option is forgotten here: do the outputs depend on it?");

    private static void Changes(string name, string? fact, SortedDictionary<string, string> identity)
    {
        var differences = Differences(identity);
        Assert.AreEqual(fact is not null, differences.Any(d => d.StartsWith(fact ?? "", StringComparison.Ordinal)),
            $"{name}: {string.Join("; ", differences)}");
    }

    private static IReadOnlyList<string> Differences(SortedDictionary<string, string> identity) =>
        RunIdentity.Differences(Of(Options, Job), identity);

    private static SortedDictionary<string, string> Of(SynthesisOptions options, SynthesisJobOptions job)
    {
        using var generator = ScriptedSource.Generator();
        return RunIdentity.Of(ScriptedSource.Of(generator), options, job, Input);
    }
}
