using System.Globalization;
using System.Text.RegularExpressions;
using static XlLoraOnnx.Synthesis.Tests.ScriptedProcess;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Real processes that are killed; <c>tools/reliability/kill-synthesis.sh</c> does the same hundreds of times.</summary>
[TestClass]
public sealed partial class RunKillTests
{
    private const int Anchors = 120;

    [TestMethod]
    public void Process_DiesWhereFilesAreTouched_TheNextOneEndsAsIfNothingHadHappened()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        using var undisturbed = Start(folder, "undisturbed", "--die-at", "1000000000");
        var said = undisturbed.StandardOutput.ReadToEnd();
        var points = int.Parse(Points().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.IsGreaterThan(100, points, said);

        // the first points, where the run is made, the last, where its outputs get their names, and some between
        // (all of them: tools/reliability/kill-synthesis.sh)
        int[] deaths = [1, 5, 14, .. Enumerable.Range(1, 2).Select(i => points * i / 3), points - 12, points - 5, points];
        foreach (var death in deaths)
        {
            var run = $"run-{death}";
            using (var dying = Start(folder, run, "--die-at", death.ToString(CultureInfo.InvariantCulture)))
            {
                dying.WaitForExit();
                // how often is flushed depends on the moment, so the last points do not come in every run
                if (death < points * 9 / 10)
                    Assert.AreNotEqual(0, dying.ExitCode, $"it did not die at point {death} of {points}");
            }
            Finish(folder, run);
            AssertSame(folder, run, $"death at point {death} of {points}", SynthesisRunTests.Outputs);
        }
    }

    [TestMethod]
    public void Process_DiesWhileParquetGetsItsName_TheNextOneWritesTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        using var undisturbed = Start(folder, "undisturbed.parquet", "--die-at", "1000000000");
        var said = undisturbed.StandardOutput.ReadToEnd();
        var points = int.Parse(Points().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        var expected = File.ReadAllBytes(folder.File("undisturbed.parquet"));

        foreach (var back in (int[])[1, 3, 5, 9, 14, 18, 25])
        {
            var run = $"run-{back}.parquet";
            using (var dying = Start(folder, run, "--die-at", (points - back).ToString(CultureInfo.InvariantCulture)))
                dying.WaitForExit();
            // the copy beside the folder is whole or not there
            if (File.Exists(folder.File(run)))
                CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.File(run)), $"{back} points before the end");
            Finish(folder, run);
            CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.File(run)), $"{back} points before the end");
            CollectionAssert.AreEqual(expected, File.ReadAllBytes(folder.File($"run-{back}.run/triplets.parquet")));
            Assert.IsFalse(File.Exists(folder.File($"run-{back}.run/triplets.csv")), "nobody asked for it");
        }
    }

    [TestMethod]
    [DataRow(1, false)]
    [DataRow(2, false)]
    [DataRow(2, true)]
    public void Processes_KilledAtAnyMoment_LoseNothingAndMakeAtMostOneStepAgain(int processes, bool translates)
    {
        string[] kind = translates ? ["--translate"] : [];
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        Finish(folder, "undisturbed", ["--log", folder.File("needed"), .. kind]);
        var random = new Random(processes);
        var kills = 0;
        for (var round = 0; round < 4; round++)
        {
            var running = Enumerable.Range(0, processes)
                .Select(_ => Start(folder, "run", ["--delay", "20", "--log", folder.File("made"), .. kind])).ToArray();
            Thread.Sleep(random.Next(250, 900));
            foreach (var process in running)
            {
                kills += process.HasExited ? 0 : 1;
                process.Kill();
                process.WaitForExit();
                process.Dispose();
            }
        }
        Finish(folder, "run", ["--log", folder.File("made"), .. kind]);

        Assert.IsGreaterThan(0, kills);
        AssertSame(folder, "run", $"{kills} kills", translates ? TranslationRunTests.Outputs : SynthesisRunTests.Outputs);
        var again = Bytes(folder, "made.*") - Bytes(folder, "needed.*");
        Assert.IsTrue(again <= kills * 2 * Batch, $"{again} answers were made again after {kills} kills of steps of {Batch}");
    }

    private static long Bytes(TemporaryFolder folder, string files) =>
        Directory.EnumerateFiles(folder.Path, files).Sum(f => new FileInfo(f).Length);

    [GeneratedRegex("points ([0-9]+)")]
    private static partial Regex Points();
}
