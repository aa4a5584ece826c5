using System.Diagnostics;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class SlurmScriptTests
{
    [TestMethod]
    public void ToString_WithEverything_IsApproved() => Approval.Verify("slurm-script", Script().ToString());

    [TestMethod]
    public void ToString_WithAlmostNothing_IsAScriptToo()
    {
        var text = new SlurmScript(
            ["xllora-onnx"], ["synthesize", "--demo", "--output", "it's here"], null, "it's here", "/data/run.sbatch")
        {
            WorkingFolder = "/work",
        }.ToString();

        Assert.DoesNotContain("--gpus-per-task", text);
        Assert.DoesNotContain("#SBATCH --time", text);
        Assert.DoesNotContain("sha256sum", text);
        StringAssert.Contains(text, "#SBATCH --array=0-0\n");
        StringAssert.Contains(text, "xllora-onnx synthesize --demo --output 'it'\\''s here' &\n");
        AssertParses(text);
    }

    [TestMethod]
    public void ToString_OfOneTask_IsNoArrayAndGoesOnWithTheSameOutput()
    {
        var text = Alone().ToString();

        Approval.Verify("slurm-script-alone", text);
        AssertParses(text);
    }

    [TestMethod]
    public void ToString_IsWhatBashUnderstands() => AssertParses(Script().ToString());

    /// <summary>The script itself under bash, with a program and a Slurm of two lines each: told that the time is up, it waits for the
    /// program, which ends in its own time, and asks for another turn.</summary>
    [TestMethod]
    [DataRow("run", "RUNNING", 130, "requeue 7_3")]
    [DataRow("run", "COMPLETING", 130, "")]
    [DataRow("run", "RUNNING", 0, "")]
    [DataRow(null, "RUNNING", 130, "requeue 9")]
    [DataRow(null, "RUNNING", 0, "")]
    public void ToString_RunAndToldThatTimeIsUp_WaitsAndGoesOnLaterIfThereIsMore(string? run, string state, int exitCode, string asked)
    {
        using var folder = new TemporaryFolder();
        folder.Write("program",
            $"#!/bin/bash\ntrap 'sleep 0.2; echo rows ended; exit {exitCode}' TERM\necho began\nwhile :; do sleep 0.05; done\n");
        folder.Write("squeue", $"#!/bin/bash\necho {state}\n");
        folder.Write("scontrol", "#!/bin/bash\necho \"$@\"\n");
        using (var executable = Process.Start("chmod", ["+x", folder.File("program"), folder.File("squeue"), folder.File("scontrol")]))
            executable.WaitForExit();
        folder.Write("run.sbatch", new SlurmScript([folder.File("program")], [], null, run, folder.File("run.sbatch"))
        {
            WorkingFolder = folder.Path,
        }.ToString());
        using var bash = new Process
        {
            StartInfo = new("/bin/bash", [folder.File("run.sbatch")])
            {
                RedirectStandardOutput = true,
                Environment =
                {
                    ["PATH"] = $"{folder.Path}:{Environment.GetEnvironmentVariable("PATH")}",
                    ["SLURM_ARRAY_JOB_ID"] = "7",
                    ["SLURM_ARRAY_TASK_ID"] = "3",
                    ["SLURM_JOB_ID"] = "9",
                },
            },
        };
        bash.Start();
        Assert.AreEqual("began", bash.StandardOutput.ReadLine());

        using (var kill = Process.Start("kill", ["-TERM", $"{bash.Id}"]))
            kill.WaitForExit();

        var saying = bash.StandardOutput.ReadToEndAsync();
        if (!saying.Wait(TimeSpan.FromSeconds(60)))
            bash.Kill(entireProcessTree: true);
        Assert.IsTrue(saying.IsCompleted, "the program was not told within a minute");
        var said = saying.Result;
        bash.WaitForExit();
        Assert.AreEqual(exitCode, bash.ExitCode);
        Assert.AreEqual($"rows ended\n{asked}".TrimEnd(), said.TrimEnd());
    }

    [TestMethod]
    [DataRow("90", 90 * 60, 120)]
    [DataRow("1:30", 90, 18)]
    [DataRow("04:00:00", 4 * 3600, 120)]
    [DataRow("1-12", 36 * 3600, 120)]
    [DataRow("2-00:30", (48 * 60 + 30) * 60, 120)]
    [DataRow("1-01:01:01", 90061, 120)]
    public void Parse_EachFormOfSlurm_IsItsTime(string text, int seconds, int notice)
    {
        var time = SlurmTime.Parse(text);

        Assert.AreEqual(seconds, time.Limit.TotalSeconds);
        Assert.AreEqual(notice, time.Notice(TimeSpan.FromSeconds(120)).TotalSeconds);
    }

    [TestMethod]
    [DataRow("")]
    [DataRow("0")]
    [DataRow("4h")]
    [DataRow("1:2:3:4")]
    [DataRow("-5")]
    public void Parse_OfNoTime_IsRefused(string text) => Assert.ThrowsExactly<ArgumentException>(() => SlurmTime.Parse(text));

    private static SlurmScript Script() => new(["apptainer", "exec", "--nv", "image.sif", "xllora-onnx"],
        ["synthesize", "--model", "models/gemma 3", "--input", "anchors.csv", "--output", "run-hausa", "--devices", "cuda:0"],
        "models/gemma 3", "run-hausa", "/data/of us/hausa.sbatch")
    {
        WorkingFolder = "/data/of us",
        Tasks = 64,
        GpusPerTask = 1,
        Time = SlurmTime.Parse("04:00:00"),
        Partition = "gpu",
    };

    private static SlurmScript Alone() => new(["xllora-onnx"],
        ["train", "encoder", "--model", "xlm-roberta-base", "--data", "triplets.csv", "--output", "encoder"], null, null, "/data/train.sbatch")
    {
        WorkingFolder = "/data",
        Time = SlurmTime.Parse("12:00:00"),
    };

    /// <summary>By bash, without running it.</summary>
    private static void AssertParses(string script)
    {
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-n"])
        {
            RedirectStandardInput = true,
            RedirectStandardError = true,
        })!;
        bash.StandardInput.Write(script);
        bash.StandardInput.Close();
        Assert.AreEqual("", bash.StandardError.ReadToEnd());
    }
}
