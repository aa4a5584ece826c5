using System.Collections.Concurrent;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunFilesTests
{
    [TestMethod]
    public void TryCreate_ManyAtOnce_IsOneOfThem()
    {
        using var folder = new TemporaryFolder();
        for (int round = 0; round < 50; round++)
        {
            var path = folder.File($"claim-{round}");
            ConcurrentBag<int> created = [];

            Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            {
                if (RunFiles.TryCreate(path, [(byte)i], durable: i % 2 == 0))
                    created.Add(i);
            });

            Assert.HasCount(1, created);
            CollectionAssert.AreEqual(new[] { (byte)created.Single() }, File.ReadAllBytes(path));
        }
    }

    [TestMethod]
    public void TryCreate_OfAFileThatOthersDeleteMeanwhile_IsNoError()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("claim");
        int created = 0;

        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            for (var i = 0; i < 5000; i++)
            {
                if (!RunFiles.TryCreate(path, [1]))
                    continue;
                Interlocked.Increment(ref created);
                RunFiles.Delete(path);
            }
        });

        Assert.IsGreaterThan(0, created);
    }

    [TestMethod]
    public void TryCreate_FolderThatIsNotThere_IsAnErrorAndNotAnothersFile()
    {
        using var folder = new TemporaryFolder();
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => RunFiles.TryCreate(folder.File("no/claim"), [1]));
    }

    [TestMethod]
    public void Replace_WhileOthersRead_ShowsTheOldOrTheNewOneWhole()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("lease");
        RunFiles.Replace(path, Content(0));
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            int read = 0;
            for (; !stop.IsCancellationRequested || read == 0; read++)
            {
                var bytes = RunFiles.TryRead(path)!;
                CollectionAssert.AreEqual(Content(bytes[0]), bytes);
            }
        })).ToArray();

        for (int i = 1; i < 500; i++)
            RunFiles.Replace(path, Content((byte)i), durable: i % 100 == 0);
        stop.Cancel();

        Assert.IsTrue(Task.WaitAll(readers, TimeSpan.FromMinutes(1)));
        Assert.HasCount(1, Directory.GetFiles(folder.Path), "nothing is left beside it");

        static byte[] Content(byte value) => [.. Enumerable.Repeat(value, 1 + value * 3)];
    }

    [TestMethod]
    public void Publish_SeveralAtOnce_LeavesOneWholeContentAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("run.json");

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 },
            i => RunFiles.Publish(path, [.. Enumerable.Repeat((byte)i, 1000 * (i + 1))]));

        var bytes = File.ReadAllBytes(path);
        Assert.HasCount(1000 * (bytes[0] + 1), bytes);
        Assert.IsTrue(bytes.All(b => b == bytes[0]));
        Assert.HasCount(1, Directory.GetFiles(folder.Path));
    }

    [TestMethod]
    public void TryRead_AnyFile_GivesNoMoreThanSuchAFileHas()
    {
        using var folder = new TemporaryFolder();
        Assert.IsNull(RunFiles.TryRead(folder.File("gone")));
        Assert.ThrowsExactly<DirectoryNotFoundException>(() => RunFiles.TryRead(folder.File("no/lease")));
        foreach (int size in new[] { 0, 1, 4095, 4096, 4097, 1_000_000 })
        {
            File.WriteAllBytes(folder.File("lease"), new byte[size]);
            Assert.HasCount(Math.Min(size, 4096), RunFiles.TryRead(folder.File("lease"))!);
        }
    }

    [TestMethod]
    public void Delete_TwiceAndRenameOverAnother_AreNoErrors()
    {
        using var folder = new TemporaryFolder();
        var (from, to) = (folder.Write("from", "new"), folder.Write("to", "old"));
        RunFiles.Rename(from, to);
        Assert.AreEqual("new", File.ReadAllText(to));
        Assert.IsFalse(File.Exists(from));
        RunFiles.Delete(to);
        RunFiles.Delete(to);
        Assert.IsEmpty(Directory.GetFiles(folder.Path));
        Assert.ThrowsExactly<FileNotFoundException>(() => RunFiles.Rename(from, to));
    }
}
