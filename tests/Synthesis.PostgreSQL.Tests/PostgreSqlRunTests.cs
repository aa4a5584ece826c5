using static XlLoraOnnx.Synthesis.Tests.ScriptedProcess;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>Whole runs by processes that are killed, with a server that crashes and connections that break.</summary>
[TestClass]
public sealed class PostgreSqlRunTests
{
    private const int Anchors = 160;

    private static readonly string[] Outputs = ["triplets.csv", "triplets.jsonl", "receipts.jsonl", "rejected.jsonl"];

    [TestMethod]
    public async Task Processes_KilledWhileTheServerCrashes_WriteWhatAFolderGives()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        Finish(folder, "undisturbed");
        var address = await TestServer.RunAsync();
        var random = new Random(1);
        var kills = 0;
        for (var round = 0; round < 2; round++)
        {
            var running = Enumerable.Range(0, 2)
                .Select(i => Start(folder, $"killed-{i}", "--delay", "30", "--database", address)).ToArray();
            await Task.Delay(random.Next(900, 1600));
            if (round == 1)
                await TestServer.CrashAsync();
            foreach (var process in running)
            {
                kills += process.HasExited ? 0 : 1;
                process.Kill();
                await process.WaitForExitAsync();
                process.Dispose();
            }
        }
        using var first = Start(folder, "run-0", "--delay", "10", "--database", address);
        using var second = Start(folder, "run-1", "--delay", "10", "--database", address);
        await TestServer.CrashAsync();
        End(first);
        End(second);

        Assert.IsGreaterThan(0, kills);
        foreach (var run in (string[])["run-0", "run-1"])
            AssertSame(folder, run, $"{kills} kills", Outputs);
    }

    [TestMethod]
    public async Task Run_ThroughConnectionsThatBreak_LosesNothing()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        Finish(folder, "undisturbed");
        await using var proxy = new BreakingProxy(TestServer.Port);
        var address = await TestServer.RunAsync(port: proxy.Port);

        using var process = Start(folder, "run", "--delay", "20", "--database", address);
        for (var i = 0; i < 8 && !process.HasExited; i++)
        {
            await Task.Delay(300);
            proxy.BreakAll();
        }
        End(process);

        Assert.IsGreaterThan(3, proxy.Broken);
        AssertSame(folder, "run", $"{proxy.Broken} connections broken", Outputs);
    }

    /// <summary>Answers are there before their shard is finished; one transaction for both would say no more, and lose more.</summary>
    [TestMethod]
    [DataRow("BEFORE UPDATE ON xllora.shards FOR EACH ROW WHEN (NEW.done AND NOT OLD.done)", false, DisplayName = "before the end")]
    [DataRow("BEFORE INSERT ON xllora.answers FOR EACH STATEMENT", true, DisplayName = "after the end")]
    public async Task Process_KilledAboutTheEndOfAShard_LeavesNothingToBeMadeAgain(string held, bool isDone)
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        Finish(folder, "undisturbed");
        var database = "held_" + isDone.ToString().ToLowerInvariant();
        await TestServer.ExecuteAsync($"CREATE DATABASE {database}");
        var address = await TestServer.RunAsync(database: database);
        await (await PostgreSqlRun.OpenAsync(PostgreSqlRunAddress.Parse(address))).DisposeAsync();
        await TestServer.ExecuteAsync($"""
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
              IF EXISTS (SELECT FROM xllora.shards WHERE done) = {isDone} THEN PERFORM pg_sleep(600); END IF;
              RETURN NEW;
            END $$;
            CREATE TRIGGER held {held} EXECUTE FUNCTION hold()
            """, database);
        using (var process = Start(folder, "killed", "--delay", "5", "--database", address))
        {
            await TestServer.UntilAsync("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'", database);
            process.Kill();
            await process.WaitForExitAsync();
        }
        // what the server had not on its disk is gone, too, and with it what it was held in
        await TestServer.CrashAsync();
        var kept = await TestServer.AskAsync("SELECT count(*) FROM xllora.answers", database);
        Assert.AreEqual(isDone, await TestServer.AskAsync("SELECT bool_or(done) FROM xllora.shards", database));
        await TestServer.ExecuteAsync("DROP TRIGGER held ON xllora." + (isDone ? "answers" : "shards"), database);
        Finish(folder, "run", "--database", address);

        // a shard is 16 anchors with two sides
        Assert.IsGreaterThanOrEqualTo(32L, kept as long? ?? 0);
        Assert.AreEqual(0L, await TestServer.AskAsync(
            "SELECT count(*) - count(DISTINCT (key, side, sample, attempt)) FROM xllora.answers", database), "made twice");
        AssertSame(folder, "run", "killed about the end of a shard", Outputs);
    }

    /// <summary>As after a backup that is older than the shards' end was put back.</summary>
    [TestMethod]
    public async Task Process_AnswersThatTheDatabaseHasLost_AreMadeAgain()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, Anchors);
        Finish(folder, "undisturbed");
        await TestServer.ExecuteAsync("CREATE DATABASE lossy");
        var address = await TestServer.RunAsync(database: "lossy");
        Finish(folder, "before", "--database", address);
        await TestServer.ExecuteAsync("DELETE FROM xllora.answers WHERE position % 7 = 0", "lossy");
        StringAssert.Contains(Finish(folder, "run", "--database", address), "opened again 1,");

        AssertSame(folder, "run", "answers were lost", Outputs);
    }

    [TestMethod]
    public async Task OpenLog_OtherOptionsUnderTheSameName_AreRefused()
    {
        var address = PostgreSqlRunAddress.Parse(await TestServer.RunAsync());
        await using var run = await PostgreSqlRun.OpenAsync(address);
        await (await run.Backend.OpenLog("one", default)).DisposeAsync();

        var e = await Assert.ThrowsExactlyAsync<InvalidDataException>(() => run.Backend.OpenLog("other", default).AsTask());

        StringAssert.Contains(e.Message, $"name={address.Name} was begun with another input, model, adapter or option (its id is one");
    }

    [TestMethod]
    public async Task OpenAsync_NoServer_SaysWhereAndEndsAfterItsPatience()
    {
        var address = PostgreSqlRunAddress.Parse("postgres://ada:secret@127.0.0.1:1/runs?name=a");

        var told = new Told();

        var e = await Assert.ThrowsExactlyAsync<IOException>(() => PostgreSqlRun.OpenAsync(address, TimeSpan.FromSeconds(2), told));

        StringAssert.Contains(e.Message, "postgres://ada@127.0.0.1:1/runs?name=a cannot be reached");
        Assert.DoesNotContain("secret", e.ToString());
        StringAssert.Contains(told.Single(), "postgres://ada@127.0.0.1:1/runs?name=a cannot be reached: ");
        StringAssert.Contains(told[0], "Waiting for it, 2 s in all.");
    }

    private sealed class Told : List<string>, IProgress<string>
    {
        public void Report(string value) => Add(value);
    }
}
