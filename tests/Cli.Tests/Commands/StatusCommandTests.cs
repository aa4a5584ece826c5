using XlLoraOnnx.Synthesis.PostgreSQL.Tests;

namespace XlLoraOnnx.Cli.Tests;

[TestClass]
public sealed class StatusCommandTests
{
    [TestMethod]
    public void Status_OfARunAndWatched_SaysThatItIsComplete()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\nDie Köchin kauft Bücher.\n");
        var made = CommandLine.Run(folder.Path, "synthesize", "--model", Models.Demo, "--input", "anchors.txt", "--output", "out.csv");
        Assert.AreEqual(0, made.ExitCode, made.Error);

        var result = CommandLine.Run(folder.Path, "status", "out.csv", "--watch");

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.StartsWith(result.Output, "out.csv: 2 of 2 rows (100.0 %), 1 of 1 shards finished\ncomplete");
        StringAssert.Contains(result.Output, "ended");
    }

    [TestMethod]
    public async Task Status_OfARunInADatabase_IsThatOfItsAddressAndOfItsFolder()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\nDie Köchin kauft Bücher.\n");
        var address = (await TestServer.RunAsync()).Replace("postgres@", "postgres:secret@", StringComparison.Ordinal);
        string[] command = ["synthesize", "--model", Models.Demo, "--input", "anchors.txt", "--run", address, "--output", "run"];
        var unknown = CommandLine.Run(folder.Path, "status", address);
        var made = CommandLine.Run(folder.Path, [.. command, "--no-outputs"]);
        Assert.AreEqual(0, made.ExitCode, made.Error);

        var decided = CommandLine.Run(folder.Path, "status", address);
        var written = CommandLine.Run(folder.Path, command);
        var complete = CommandLine.Run(folder.Path, "status", address, "--watch");
        var ofFolder = CommandLine.Run(folder.Path, "status", "run", "--json");

        Assert.AreEqual(0, written.ExitCode, written.Error);
        StringAssert.Contains(decided.Output, ": 2 of 2 rows (100.0 %), 1 of 1 shards finished\nall rows are decided; the outputs are not");
        StringAssert.StartsWith(complete.Output, "postgres://postgres@127.0.0.1:");
        StringAssert.Contains(complete.Output, "complete: the outputs are written\n\nworker  task  host");
        StringAssert.Contains(complete.Output, $"0001    -     {Environment.MachineName}");
        StringAssert.Contains(ofFolder.Output, "\"is_complete\": true");
        StringAssert.Contains(ofFolder.Output, "\"place\": \"postgres://postgres@");
        Assert.AreEqual(1, unknown.ExitCode);
        foreach (var said in new[] { unknown.Error, decided.Output, complete.Output, ofFolder.Output })
            Assert.DoesNotContain("secret", said);
    }

    [TestMethod]
    public void Lines_OfARunWithALostTask_SayWhoIsAtIt()
    {
        RunTask Task(int journal, RunTaskState state, int shards, double rate) => new()
        {
            Journal = journal,
            Host = $"node{journal}",
            Task = $"99_{journal}",
            State = state,
            Shards = shards,
            Answers = 1234,
            RowsPerSecond = rate,
            Silence = shards == 0 ? null : TimeSpan.FromSeconds(state == RunTaskState.Lost ? 95 : 2),
        };
        var status = new RunStatus
        {
            Place = "/data/run",
            Rows = 12_000,
            DoneRows = 3_000,
            Shards = 40,
            DoneShards = 9,
            IsComplete = false,
            Tasks =
            [
                Task(1, RunTaskState.Working, 1, 2.5), Task(2, RunTaskState.Lost, 2, 0), Task(3, RunTaskState.Idle, 0, 0),
            ],
        };

        Approval.Verify("status", string.Join('\n', RunStatusView.Lines(status, "run")) + "\n");
    }

    [TestMethod]
    public void Synthesize_AsAScript_IsWrittenAndSaysHowItIsSubmitted()
    {
        using var folder = new TemporaryFolder();
        folder.Write("anchors.txt", "Der Fischer trägt Holz.\n");
        string[] command = ["synthesize", "--model", Models.Demo, "--input", "anchors.txt", "--output", "run", "--slurm", "run.sbatch"];

        var result = CommandLine.Run(folder.Path, [.. command, "--tasks", "4", "--gpus-per-task=2", "--time", "01:00:00"]);
        var again = CommandLine.Run(folder.Path, command);

        Assert.AreEqual(0, result.ExitCode, result.Error);
        StringAssert.Contains(result.Output, "submit  sbatch run.sbatch");
        var script = File.ReadAllText(folder.File("run.sbatch"));
        StringAssert.Contains(script, "#SBATCH --array=0-3\n");
        StringAssert.Contains(script,
            "synthesize --model \"$model\" --input anchors.txt --output run --devices cuda:0,cuda:1 &\n");
        Assert.IsFalse(Directory.Exists(folder.File("run")));
        Assert.AreEqual(1, again.ExitCode);
        StringAssert.Contains(again.Error, "exists already");
    }

    [TestMethod]
    public void EmbedAndTrain_AsScripts_AreOfOneTaskEach()
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "Der Fischer trägt Holz.\n");

        var embed = CommandLine.Run(folder.Path, "embed", "--model", Models.DemoEncoder, "--input", "texts.txt", "--output", "texts.npy",
            "--slurm", "embed.sbatch", "--gpus-per-task", "1");
        var train = CommandLine.Run(folder.Path, "train", "encoder", "--model", Repository.DemoEncoder(), "--data", "texts.txt",
            "--output", "encoder", "--slurm", "train.sbatch", "--partition", "long");

        Assert.AreEqual(0, embed.ExitCode, embed.Error);
        Assert.AreEqual(0, train.ExitCode, train.Error);
        StringAssert.Contains(train.Output, "submit  sbatch train.sbatch");
        var script = File.ReadAllText(folder.File("embed.sbatch"));
        Assert.DoesNotContain("--array", script);
        StringAssert.Contains(script, "embed --model \"$model\" --input texts.txt --output texts.npy --devices cuda:0 &\n");
        StringAssert.Contains(File.ReadAllText(folder.File("train.sbatch")), "#SBATCH --partition=long\n");
        Assert.IsFalse(Directory.Exists(folder.File("encoder.partial")));
    }

    [TestMethod]
    [DataRow("no standard input or output", "embed", "--input", "texts.txt")]
    [DataRow("'no-such' does not exist", "embed", "--input", "no-such", "--output", "texts.npy")]
    [DataRow("--tasks", "embed", "--input", "texts.txt", "--output", "texts.npy", "--tasks", "2")]
    [DataRow("'no-such' does not exist", "train", "encoder", "--data", "no-such", "--output", "encoder")]
    [DataRow("--gpus-per-task", "train", "encoder", "--data", "texts.txt", "--output", "encoder", "--gpus-per-task", "2")]
    public void EmbedAndTrain_AsScriptsThatCannotBe_SayWhy(string said, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "Der Fischer trägt Holz.\n");

        var result = CommandLine.Run(folder.Path, [.. arguments, "--model", Models.DemoEncoder, "--slurm", "x.sbatch"]);

        Assert.AreNotEqual(0, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.IsFalse(File.Exists(folder.File("x.sbatch")));
    }

    [TestMethod]
    [DataRow("--tasks is of --slurm", "--tasks", "4")]
    [DataRow("--shard divides", "--slurm", "x.sbatch", "--shard", "0/2")]
    [DataRow("--run shares", "--slurm", "x.sbatch", "--run", "postgres://u@h/d?name=n")]
    [DataRow("--time is '4h'", "--slurm", "x.sbatch", "--time", "4h")]
    [DataRow("--tasks is 0", "--slurm", "x.sbatch", "--tasks", "0")]
    public void Translate_AsAScriptThatCannotBe_IsOneMessage(string said, params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        folder.Write("texts.txt", "Der Fischer trägt Holz.\n");

        var result = CommandLine.Run(folder.Path,
            ["translate", "--model", Models.Demo, "--input", "texts.txt", "--from", "deu_Latn", "--to", "eng_Latn", .. arguments]);

        Assert.AreEqual(1, result.ExitCode);
        StringAssert.Contains(result.Error, said);
        Assert.IsFalse(File.Exists(folder.File("x.sbatch")));
    }
}
