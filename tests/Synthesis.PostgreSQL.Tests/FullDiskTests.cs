using System.Diagnostics;
using static XlLoraOnnx.Synthesis.Tests.ScriptedProcess;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>A server without room for another page.</summary>
[TestClass]
public sealed class FullDiskTests
{
    [TestMethod]
    public async Task Process_DiskOfTheServerFull_SaysSoInALineAndGoesOnWhenThereIsRoom()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, 160);
        Finish(folder, "undisturbed");
        await using var disk = await SmallDisk.MountAsync();
        var address = await TestServer.RunAsync(database: SmallDisk.Database);
        string said;
        using (var process = Start(folder, "run", "--delay", "30", "--patience", "2", "--database", address))
        {
            await TestServer.UntilAsync("SELECT count(*) > 40 FROM xllora.answers", SmallDisk.Database);
            disk.Fill();
            var started = Stopwatch.GetTimestamp();
            said = await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.AreEqual(1, process.ExitCode, said);
            // it does not wait for each thing that it tidies up
            Assert.IsLessThan(TimeSpan.FromSeconds(20), Stopwatch.GetElapsedTime(started));
        }
        var kept = await TestServer.AskAsync("SELECT count(*) FROM xllora.answers", SmallDisk.Database) as long? ?? 0;
        disk.Free();
        Finish(folder, "run", "--database", address);

        Assert.HasCount(1, said.TrimEnd().Split('\n'), said);
        StringAssert.Contains(said, "the server says 53100: could not extend file");
        StringAssert.Contains(
            said, "Make room on the disk of the server. Then run the same command again: what was committed is kept.");
        Assert.IsGreaterThan(40L, kept);
        Assert.AreEqual(0L, await TestServer.AskAsync(
            "SELECT count(*) - count(DISTINCT (key, side, sample, attempt)) FROM xllora.answers", SmallDisk.Database), "made twice");
        AssertSame(folder, "run", "the disk was full", ["triplets.csv", "triplets.jsonl", "receipts.jsonl", "rejected.jsonl"]);
    }

    /// <summary>A file system of some megabytes, with a database on it; root's to mount.</summary>
    private sealed class SmallDisk : IAsyncDisposable
    {
        public const string Database = "small";

        private const string Size = "24m";

        private readonly string _path = Path.Combine(Path.GetTempPath(), $"xllora-disk-{Guid.NewGuid():N}");

        private string Ballast => Path.Combine(_path, "ballast");

        public static async Task<SmallDisk> MountAsync()
        {
            await TestServer.AskAsync("SELECT 1");
            if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
                Assert.Inconclusive("Only root of a Linux mounts a file system of some megabytes.");
            var disk = new SmallDisk();
            Directory.CreateDirectory(disk._path);
            if (await RunAsync("mount", "-t", "tmpfs", "-o", $"size={Size}", "tmpfs", disk._path) is { } refused)
            {
                Directory.Delete(disk._path);
                Assert.Inconclusive($"This machine mounts nothing: {refused}");
            }
            Assert.IsNull(await RunAsync("chown", TestServer.Account, disk._path));
            await TestServer.ExecuteAsync($"CREATE TABLESPACE {Database} LOCATION '{disk._path}'");
            await TestServer.ExecuteAsync($"CREATE DATABASE {Database} TABLESPACE {Database}");
            return disk;
        }

        public void Fill()
        {
            using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            var page = new byte[4096];
            Assert.ThrowsExactly<IOException>(() =>
            {
                while (true)
                    ballast.Write(page);
            });
        }

        public void Free() => File.Delete(Ballast);

        public async ValueTask DisposeAsync()
        {
            Free();
            await TestServer.ExecuteAsync($"DROP DATABASE IF EXISTS {Database} WITH (FORCE)");
            await TestServer.ExecuteAsync($"DROP TABLESPACE IF EXISTS {Database}");
            Assert.IsNull(await RunAsync("umount", "-l", _path));
            Directory.Delete(_path);
        }

        /// <returns>Null where it went well.</returns>
        private static Task<string?> RunAsync(string program, params string[] arguments) =>
            BoundedProcess.RunAsync(new ProcessStartInfo(program, arguments), TimeSpan.FromMinutes(1));
    }
}
