using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>Real processes that are killed; <c>tools/reliability/kill-synthesis.sh</c> does the same hundreds of times.</summary>
[TestClass]
public sealed partial class RunKillTests
{
    private const int Batch = 8;
    private const int Anchors = 120;

    [TestMethod]
    public void Process_DiesWhereFilesAreTouched_TheNextOneEndsAsIfNothingHadHappened()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder);
        using var undisturbed = Start(folder, "undisturbed", "--die-at", "1000000000");
        var said = undisturbed.StandardOutput.ReadToEnd();
        var points = int.Parse(Points().Match(said).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.IsGreaterThan(100, points, said);

        // the first points, where the run is made, the last, where its outputs get their names, and some between
        int[] deaths = [1, 2, 5, 9, 14, .. Enumerable.Range(1, 4).Select(i => points * i / 5), points - 12, points - 5, points - 1, points];
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
        WriteAnchors(folder);
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
        WriteAnchors(folder);
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

    private static void WriteAnchors(TemporaryFolder folder) =>
        // some come twice
        folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, Anchors).Select(i => $"anchor {i % (Anchors - 10)}\n")));

    private static void Finish(TemporaryFolder folder, string run, params string[] options)
    {
        using var process = Start(folder, run, options);
        var said = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, said + error);
    }

    private static Process Start(TemporaryFolder folder, string run, params string[] options)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var root = Path.Combine(AppContext.BaseDirectory, "../../../../..");
        var program = Path.Combine(root, "tools/reliability/ScriptedRun/bin", configuration, "net10.0/scripted-run.dll");
        Assert.IsTrue(File.Exists(program), $"{program} is not there; it is built with the tests.");
        return Process.Start(new ProcessStartInfo("dotnet", [program, folder.File("anchors.txt"), folder.File(run),
            "--batch", Batch.ToString(CultureInfo.InvariantCulture), "--lease-timeout", "3", .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private static long Bytes(TemporaryFolder folder, string files) =>
        Directory.EnumerateFiles(folder.Path, files).Sum(f => new FileInfo(f).Length);

    private static void AssertSame(TemporaryFolder folder, string run, string when, string[] outputs)
    {
        foreach (var file in outputs)
            Assert.AreEqual(
                File.ReadAllText(folder.File($"undisturbed/{file}")), File.ReadAllText(folder.File($"{run}/{file}")), $"{when}: {file}");
    }

    [GeneratedRegex("points ([0-9]+)")]
    private static partial Regex Points();
}
