namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>How often the input is read, and what happens when it is another one in between.</summary>
public sealed partial class SynthesisRunTests
{
    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task RunAsync_AWholeRun_OpensTheInputThreeTimes()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 500);
        using var opens = new FileOpens(input);

        var report = await RunAsync(folder, input);

        Assert.IsTrue(report.IsComplete);
        Assert.AreEqual((3, 3), opens.Count(), "for the keys, for the rows, for the outputs");
        await RunAsync(folder, input);
        Assert.AreEqual((1, 1), opens.Count(), "for the keys: nothing is left to do");
    }

    [TestMethod]
    [OSCondition(OperatingSystems.Linux)]
    public async Task RetryAsync_OfAWholeRun_OpensTheInputThreeTimes()
    {
        using var folder = new TemporaryFolder();
        var input = Input(folder, 300);
        var job = Job(folder, input, "run") with { Synthesis = ScriptedSource.Options with { MaxAttempts = 1 } };
        await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job).RunAsync(default);
        using var opens = new FileOpens(input);

        await new SynthesisRun(ScriptedSource.Of(ScriptedSource.Generator()), job)
            .RetryAsync(new HashSet<RejectionReason> { RejectionReason.Length }, default);

        Assert.AreEqual((3, 3), opens.Count());
    }

    [TestMethod]
    [DataRow("another 3\n", DisplayName = "a row that the run does not have")]
    [DataRow("anchor 3\nanchor 4\n", DisplayName = "one row more")]
    [DataRow("", DisplayName = "one row less")]
    public async Task RunAsync_InputChangedWhileItRuns_IsFoundBeforeAnyOutputHasItsName(string third)
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "anchor 1\nanchor 2\nanchor 3\n");
        var isChanged = false;
        using var generator = new ScriptedGenerator(r =>
        {
            if (!isChanged)
                folder.Write("anchors.txt", $"anchor 1\nanchor 2\n{third}");
            isChanged = true;
            return ScriptedGenerator.Answer(r, $"Somebody {(r.Adapter == "pos" ? "carries" : "never carries")} the bread home.");
        });

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => RunAsync(folder, folder.File("anchors.txt"), generator));

        StringAssert.Contains(e.Message, "was changed while the run was going on");
        Assert.IsFalse(File.Exists(folder.File("run/triplets.csv")));
        folder.Write("anchors.txt", "anchor 1\nanchor 2\nanchor 3\n");
        using var second = new ScriptedGenerator(_ => throw new InvalidOperationException("asked"));
        var report = await RunAsync(folder, folder.File("anchors.txt"), second);
        Assert.IsTrue(report.IsComplete);
    }
}
