namespace XlLoraOnnx.Training.Tests;

[TestClass]
public sealed class TrainingRunFolderTests
{
    private static readonly TrainingOptions Options = new() { Epochs = 2, LearningRate = 0.05, Threads = 2 };

    [TestMethod]
    [DataRow("weights.safetensors")]
    [DataRow("optimizer.safetensors")]
    [DataRow("state.json")]
    public void Resume_ATruncatedFile_TakesTheCheckpointBeforeAndSaysSo(string file)
    {
        using var folder = Trained(out var weights);
        var path = folder.File($"run/checkpoint-6/{file}");
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..^5]);
        AssertGoesOnFrom3(folder, weights, file);
    }

    [TestMethod]
    [DataRow("weights.safetensors")]
    [DataRow("optimizer.safetensors")]
    [DataRow("state.json")]
    [DataRow("SHA256SUMS")]
    public void Resume_AChangedByte_TakesTheCheckpointBeforeAndSaysSo(string file)
    {
        using var folder = Trained(out var weights);
        var path = folder.File($"run/checkpoint-6/{file}");
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        AssertGoesOnFrom3(folder, weights, "checkpoint-6");
    }

    [TestMethod]
    [DataRow("weights.safetensors")]
    [DataRow("SHA256SUMS")]
    public void Resume_AMissingFile_TakesTheCheckpointBeforeAndSaysSo(string file)
    {
        using var folder = Trained(out var weights);
        File.Delete(folder.File($"run/checkpoint-6/{file}"));
        AssertGoesOnFrom3(folder, weights, file);
    }

    [TestMethod]
    public void Resume_NoCheckpointIsWhole_SaysWhatIsWrongWithEach()
    {
        using var folder = Trained(out _);
        File.WriteAllText(folder.File("run/checkpoint-6/weights.safetensors"), "");
        File.Delete(folder.File("run/checkpoint-3/state.json"));
        using var task = new ScriptedTask();
        var before = task.Weights;
        var message = Assert.ThrowsExactly<InvalidDataException>(() => TrainingLoop.Run(task, Options, folder.File("run"))).Message;
        StringAssert.Contains(message, "checkpoint-6/weights.safetensors' is damaged: its 0 bytes");
        StringAssert.Contains(message, "checkpoint-3/state.json' is missing");
        StringAssert.Contains(message, "remove the folder to begin again");
        CollectionAssert.AreEqual(before, task.Weights);
    }

    [TestMethod]
    [DataRow("base=dddd data=bbbb options=cccc", "base (was aaaa, is dddd).")]
    [DataRow("base=aaaa data=dddd options=eeee", "data (was bbbb, is dddd), options (was cccc, is eeee).")]
    public void Resume_AnotherBaseOrOtherData_IsRefusedByName(string fingerprint, string expected)
    {
        using var folder = Trained(out _);
        using var task = new ScriptedTask { Fingerprint = fingerprint };
        var before = task.Weights;
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => TrainingLoop.Run(task, Options, folder.File("run"))).Message,
            $"holds another training; what differs: {expected}");
        CollectionAssert.AreEqual(before, task.Weights);
    }

    [TestMethod]
    public void Resume_OtherOptions_AreRefusedByNameAndValue()
    {
        using var folder = Trained(out _);
        using var task = new ScriptedTask();
        StringAssert.Contains(Assert.ThrowsExactly<IOException>(() =>
            TrainingLoop.Run(task, Options with { LearningRate = 0.1, Seed = 43 }, folder.File("run"))).Message,
            "what differs: learning_rate (was 0.05, is 0.1), seed (was 42, is 43).");
        // what does not change the result may change
        TrainingLoop.Run(task, Options with { Threads = 1, SaveSteps = 1 }, folder.File("run"));
    }

    [TestMethod]
    public void Save_ADiskThatIsFull_KeepsTheLastCheckpointAndTheRunGoesOn()
    {
        using var folder = Trained(out var weights, stopBefore: 4);
        RunFaults.At = (point, path) =>
        {
            if (point == RunPoint.WithinWrite && path.Contains("checkpoint-6", StringComparison.Ordinal))
                throw new IOException("No space left on device");
        };
        try
        {
            using var task = new ScriptedTask();
            var message = Assert.ThrowsExactly<IOException>(() => TrainingLoop.Run(task, Options, folder.File("run"))).Message;
            StringAssert.Contains(message, "checkpoint-6' cannot be written: No space left on device");
            StringAssert.Contains(message, $"The last good checkpoint is '{folder.File("run/checkpoint-4")}'.");
            Assert.IsEmpty(Directory.GetFileSystemEntries(folder.File("run"), "*.partial"), "what was written is given back");
        }
        finally
        {
            RunFaults.At = null;
        }
        using var again = new ScriptedTask();
        Assert.AreEqual(4, TrainingLoop.Run(again, Options, folder.File("run")).ResumedFrom);
        CollectionAssert.AreEqual(weights, again.Weights);
    }

    [TestMethod]
    public void Constructor_AFolderOfSomethingElse_IsLeftAlone()
    {
        using var folder = new TemporaryFolder();
        folder.Write("run/thesis.txt", "three years");
        folder.Write("file", "");
        foreach (var (name, expected) in new[] { ("run", "holds no training"), ("file", "is a file") })
            StringAssert.Contains(
                Assert.ThrowsExactly<IOException>(() => new TrainingRunFolder(folder.File(name))).Message, expected);
        CollectionAssert.AreEqual(new[] { folder.File("run/thesis.txt") }, Directory.GetFileSystemEntries(folder.File("run")));
    }

    [TestMethod]
    public void Constructor_WhileAnotherTrainsThere_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using (new TrainingRunFolder(folder.File("run")))
            StringAssert.Contains(Assert.ThrowsExactly<IOException>(() => new TrainingRunFolder(folder.File("run"))).Message,
                "Another process is training");
        new TrainingRunFolder(folder.File("run")).Dispose();
    }

    [TestMethod]
    public void ReadState_AnotherVersion_IsNotSupported()
    {
        using var folder = Trained(out _);
        var path = folder.File("run/checkpoint-6/state.json");
        TestFolders.Edit(path, json => json["version"] = 2);
        StringAssert.Contains(Assert.ThrowsExactly<NotSupportedException>(() => CheckpointState.Read(path)).Message, "has the version 2");
        TestFolders.Edit(path, json => (json["version"], json["step"]) = (1, "six"));
        StringAssert.Contains(Assert.ThrowsExactly<InvalidDataException>(() => CheckpointState.Read(path)).Message, path);
        File.WriteAllText(path, "{}");
        Assert.ThrowsExactly<NotSupportedException>(() => CheckpointState.Read(path));
    }

    [TestMethod]
    public void Save_ACheckpoint_HasOnlyTheTouchedRowsOfATable()
    {
        using var folder = Trained(out var weights);
        using var file = SafetensorsFile.Open(folder.File("run/checkpoint-3/optimizer.safetensors"));
        // steps 0, 1 and 2 looked up 0; 1 and 3; 2 and 6
        CollectionAssert.AreEqual(new long[] { 5, 5 }, file.Tensors["exp_avg.embeddings.weight"].Shape.ToArray());
        CollectionAssert.AreEqual(new long[] { 4, 3 }, file.Tensors["exp_avg_sq.dense.weight"].Shape.ToArray());
        using var last = SafetensorsFile.Open(folder.File("run/checkpoint-6/weights.safetensors"));
        CollectionAssert.AreEqual(weights, last.Tensors.Keys.SelectMany(name => last.ReadFloat32(name)).ToArray());
    }

    /// <summary>A run of six steps with the checkpoints 3 and 6, and its weights.</summary>
    /// <param name="stopBefore">Then the folder is as it is when the run was cancelled there.</param>
    private static TemporaryFolder Trained(out float[] weights, int? stopBefore = null)
    {
        var folder = new TemporaryFolder();
        using (var task = new ScriptedTask())
        {
            TrainingLoop.Run(task, Options, folder.File(stopBefore is null ? "run" : "whole"));
            weights = task.Weights;
        }
        if (stopBefore is null)
            return folder;
        using var cancel = new CancellationTokenSource();
        using var cancelled = new ScriptedTask
        {
            Before = step =>
            {
                if (step == stopBefore)
                    cancel.Cancel();
            },
        };
        Assert.ThrowsExactly<OperationCanceledException>(() =>
            TrainingLoop.Run(cancelled, Options, folder.File("run"), cancellationToken: cancel.Token));
        return folder;
    }

    private static void AssertGoesOnFrom3(TemporaryFolder folder, float[] weights, string named)
    {
        using var task = new ScriptedTask();
        var progress = new Reports();
        var result = TrainingLoop.Run(task, Options, folder.File("run"), progress);
        Assert.AreEqual(3, result.ResumedFrom);
        StringAssert.Contains(progress.All[0].Notice, named);
        StringAssert.Contains(progress.All[0].Notice, $"'{folder.File("run/checkpoint-3")}', is whole and is used.");
        StringAssert.Contains(progress.All[0].Notice, "Going on after step 3 of 6.");
        CollectionAssert.AreEqual(weights, task.Weights);
        WholeFolder.Verify(folder.File("run/checkpoint-6"));
    }
}
