using System.Diagnostics;
using System.Globalization;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary><c>tools/reliability/ScriptedRun</c> on the anchors of a folder, as a process that can be killed.</summary>
internal static class ScriptedProcess
{
    /// <summary>Answers of a step.</summary>
    public const int Batch = 8;

    /// <summary>Anchors, some of which come twice.</summary>
    public static void WriteAnchors(TemporaryFolder folder, int count) =>
        folder.Write("anchors.txt", string.Concat(Enumerable.Range(0, count).Select(i => $"anchor {i % (count - 10)}\n")));

    /// <param name="run">Name of the run folder.</param>
    public static Process Start(TemporaryFolder folder, string run, params string[] options)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var program = Path.Combine(
            AppContext.BaseDirectory, "../../../../../tools/reliability/ScriptedRun/bin", configuration, "net10.0/scripted-run.dll");
        Assert.IsTrue(File.Exists(program), $"{program} is not there; it is built with the tests.");
        return Process.Start(new ProcessStartInfo("dotnet", [program, folder.File("anchors.txt"), folder.File(run),
            "--batch", Batch.ToString(CultureInfo.InvariantCulture), "--lease-timeout", "3", "--bytes-per-flush", "512", .. options])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    /// <summary>Runs to the end.</summary>
    public static string Finish(TemporaryFolder folder, string run, params string[] options)
    {
        using var process = Start(folder, run, options);
        return End(process);
    }

    /// <summary>Waits for an end that is good.</summary>
    /// <returns>What was said of it.</returns>
    public static string End(Process process)
    {
        var said = process.StandardOutput.ReadToEnd();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.AreEqual(0, process.ExitCode, said + error);
        return said;
    }

    /// <summary>Whether a run has the outputs of the one that is called undisturbed.</summary>
    public static void AssertSame(TemporaryFolder folder, string run, string when, IEnumerable<string> outputs)
    {
        foreach (var file in outputs)
            Assert.AreEqual(
                File.ReadAllText(folder.File($"undisturbed/{file}")), File.ReadAllText(folder.File($"{run}/{file}")), $"{when}: {file}");
    }
}
