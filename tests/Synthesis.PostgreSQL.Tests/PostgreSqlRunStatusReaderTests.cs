using static XlLoraOnnx.Synthesis.Tests.ScriptedProcess;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>How far a run is, as the database alone tells it.</summary>
[TestClass]
public sealed class PostgreSqlRunStatusReaderTests
{
    private const int Anchors = 160;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [TestMethod]
    public async Task ReadAsync_WhileTwoWorkAndAreKilled_HasTheirRatesAndThenTheirLoss()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        var address = await TestServer.RunAsync();
        using (var first = Start(folder, "run-0", "--delay", "150", "--database", address))
        using (var second = Start(folder, "run-1", "--delay", "150", "--database", address))
        {
            var working = await UntilAsync(address, s => s is { TimeLeft: not null, DoneRows: > 16 }
                && s.Tasks.Count(t => t is { State: RunTaskState.Working, RowsPerSecond: > 0, Shards: > 0, Silence: not null }) == 2);
            Assert.AreEqual(Anchors, working.Rows);
            Assert.IsLessThan(Anchors, working.DoneRows);
            Assert.IsFalse(working.IsComplete);
            Assert.AreEqual(10, working.Shards);
            foreach (var process in (System.Diagnostics.Process[])[first, second])
            {
                process.Kill();
                await process.WaitForExitAsync();
            }
        }

        var lost = await UntilAsync(address, s => s.Tasks.All(t => t.State == RunTaskState.Lost));
        Finish(folder, "run-2", "--database", address);
        var complete = await UntilAsync(address, s => s.Tasks is [{ State: RunTaskState.Ended }, { State: RunTaskState.Ended }, _]);

        Assert.IsNull(lost.TimeLeft);
        Assert.IsTrue(lost.Tasks.All(t => t is { Shards: > 0, RowsPerSecond: 0 } && t.Silence > TimeSpan.FromSeconds(3)));
        Assert.AreEqual((true, (long)Anchors, 10), (complete.IsComplete, complete.DoneRows, complete.DoneShards));
        Assert.IsTrue(complete.Tasks.All(t => t.Host == Environment.MachineName && t.Answers > 0));
        CollectionAssert.AreEqual((int[])[1, 2, 3], complete.Tasks.Select(t => t.Journal).ToArray());
    }

    [TestMethod]
    public async Task ReadAsync_BeforeAndAfterByTheSameReader_TakesInWhatIsNew()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        var address = await TestServer.RunAsync();
        await using var reader = new Reading(address);
        using (var process = Start(folder, "run", "--delay", "40", "--database", address))
        {
            await UntilAsync(address, s => s.DoneRows > 40);
            process.Kill();
            await process.WaitForExitAsync();
        }

        var before = await reader.ReadAsync();
        Finish(folder, "run", "--database", address);
        var after = await reader.ReadAsync();

        Assert.IsTrue(before is { IsComplete: false, DoneRows: > 40 and < Anchors });
        Assert.AreEqual((true, (long)Anchors), (after.IsComplete, after.DoneRows));
        Assert.IsGreaterThan(before.Tasks[0].Answers, after.Tasks.Sum(t => t.Answers));
    }

    [TestMethod]
    public async Task OpenAsync_BySomebodyWhoMayOnlyRead_Reads()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, 40);
        var address = await TestServer.RunAsync();
        Finish(folder, "run", "--database", address);
        await TestServer.ExecuteAsync("CREATE ROLE onlooker LOGIN; GRANT USAGE ON SCHEMA xllora TO onlooker; "
            + "GRANT SELECT ON ALL TABLES IN SCHEMA xllora TO onlooker");

        await using var reader = new Reading(address.Replace("postgres@", "onlooker@", StringComparison.Ordinal));

        Assert.IsTrue((await reader.ReadAsync()).IsComplete);
    }

    [TestMethod]
    public async Task ReadAsync_OfNoRun_NamesThoseThatThereAre()
    {
        var there = PostgreSqlRunAddress.Parse(await TestServer.RunAsync());
        await using (var run = await PostgreSqlRun.OpenAsync(there))
            await (await run.Backend.OpenLog("id", default)).DisposeAsync();

        await using var reader = new Reading(await TestServer.RunAsync());
        var unknown = await Assert.ThrowsExactlyAsync<ArgumentException>(() => reader.ReadAsync());
        // one whose rows nobody has noted
        await using var bare = new Reading($"postgres://postgres@127.0.0.1:{TestServer.Port}/postgres?name={there.Name}");
        var unnoted = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => bare.ReadAsync());

        StringAssert.Contains(unknown.Message, there.Name);
        StringAssert.Contains(unnoted.Message, "did not note how many rows it has");
    }

    [TestMethod]
    public async Task OpenAsync_TablesOfBefore_AreSaidToBeSoUntilAWorkerBringsThemUpToDate()
    {
        await TestServer.ExecuteAsync("CREATE DATABASE before");
        var address = await TestServer.RunAsync(database: "before");
        var none = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => new Reading(address).ReadAsync());
        using var script = new StreamReader(typeof(PostgreSqlRun).Assembly.GetManifestResourceStream("Schema/1.sql")!);
        await TestServer.ExecuteAsync("CREATE SCHEMA xllora; CREATE TABLE xllora.versions (version int PRIMARY KEY, "
            + "made timestamptz NOT NULL DEFAULT now()); INSERT INTO xllora.versions VALUES (1); " + await script.ReadToEndAsync(), "before");
        var old = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => new Reading(address).ReadAsync());

        using var folder = new TemporaryFolder();
        WriteAnchors(folder, 40);
        Finish(folder, "run", "--database", address);
        await using var reader = new Reading(address);

        StringAssert.Contains(none.Message, "the first worker of one makes the tables");
        StringAssert.Contains(old.Message, "has tables of version 1, which do not say who works");
        Assert.IsTrue((await reader.ReadAsync()).IsComplete);
    }

    /// <summary>Looks until something is so.</summary>
    private static async Task<RunStatus> UntilAsync(string address, Func<RunStatus, bool> isSo)
    {
        var started = System.Diagnostics.Stopwatch.GetTimestamp();
        await using var reader = new Reading(address);
        RunStatus? status = null;
        while (System.Diagnostics.Stopwatch.GetElapsedTime(started) < Limit)
        {
            try
            {
                status = await reader.ReadAsync();
                if (isSo(status))
                    return status;
            }
            catch (Exception e) when (e is ArgumentException or InvalidDataException)
            {
                // it has not begun yet
            }
            await Task.Delay(50);
        }
        throw new AssertFailedException($"it was never so; in the end: {status?.DoneRows} of {status?.Rows} rows, "
            + string.Join("; ", status?.Tasks.Select(t => t.ToString()) ?? []));
    }

    /// <summary>A reader that connects when it first reads.</summary>
    private sealed class Reading(string address) : IAsyncDisposable
    {
        private PostgreSqlRunStatusReader? _reader;

        public async Task<RunStatus> ReadAsync()
        {
            _reader ??= await PostgreSqlRunStatusReader.OpenAsync(PostgreSqlRunAddress.Parse(address), TimeSpan.FromSeconds(20));
            return await _reader.ReadAsync();
        }

        public ValueTask DisposeAsync() => _reader?.DisposeAsync() ?? default;
    }
}
