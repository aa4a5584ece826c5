using Npgsql;
using static XlLoraOnnx.Synthesis.Tests.ScriptedProcess;

namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

/// <summary>Tables that many make at once, and two versions of the program that meet in them.</summary>
[TestClass]
public sealed class DatabaseSchemaTests
{
    [TestMethod]
    public async Task OpenAsync_ManyAtOnceInAnEmptyDatabase_MakeTheTablesOnce()
    {
        var address = await BeginAsync("fresh");

        var opened = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => PostgreSqlRun.OpenAsync(address))));

        foreach (var run in opened)
        {
            await (await run.Backend.OpenLog("id", default)).DisposeAsync();
            await run.DisposeAsync();
        }
    }

    [TestMethod]
    public async Task OpenAsync_WhileAnotherMakesTheTablesForLong_Waits()
    {
        var address = await BeginAsync("slow");
        // an index over all answers of years takes longer than a command may otherwise
        address.Connection.CommandTimeout = 1;
        await using var source = await TestServer.SourceAsync("slow");
        await using (var first = await source.OpenConnectionAsync())
        {
            await new NpgsqlCommand($"SELECT pg_advisory_lock({DatabaseSchema.Lock})", first).ExecuteNonQueryAsync();
            var second = PostgreSqlRun.OpenAsync(address, TimeSpan.FromMilliseconds(500));
            await Task.Delay(2500);
            Assert.IsFalse(second.IsCompleted);
            await new NpgsqlCommand($"SELECT pg_advisory_unlock({DatabaseSchema.Lock})", first).ExecuteNonQueryAsync();
            await (await second).DisposeAsync();
        }

        Assert.AreEqual(DatabaseSchema.Version, await TestServer.AskAsync("SELECT max(version) FROM xllora.versions", "slow"));
    }

    /// <summary>This program as the older one of two.</summary>
    [TestMethod]
    public async Task Process_TablesBroughtUpToDateWhileItWorks_EndsItsRunAndTheNextIsRefused()
    {
        using var folder = new TemporaryFolder();
        WriteAnchors(folder, 160);
        Finish(folder, "undisturbed");
        var address = await BeginAsync("newer");
        var text = $"{address}&sslmode=disable";
        using (var process = Start(folder, "run", "--delay", "30", "--database", text))
        {
            await TestServer.UntilAsync("SELECT count(*) > 40 FROM xllora.answers", "newer");
            // what scripts of newer versions do: they add
            await TestServer.ExecuteAsync(string.Concat(((string[])["runs", "contexts", "answers", "shards", "workers"])
                .Select(t => $"ALTER TABLE xllora.{t} ADD COLUMN newer text NOT NULL DEFAULT 'x'; "))
                + "CREATE INDEX ON xllora.answers (newer); INSERT INTO xllora.versions (version) VALUES (99)", "newer");
            Assert.IsFalse(process.HasExited);
            End(process);
        }
        var refused = await Assert.ThrowsExactlyAsync<NotSupportedException>(() => PostgreSqlRun.OpenAsync(address));

        AssertSame(folder, "run", "tables brought up to date", ["triplets.csv", "receipts.jsonl"]);
        StringAssert.Contains(refused.Message, "has tables of version 99, and this program knows those up to "
            + $"{DatabaseSchema.Version}. Use the version of xllora-onnx that made them, or a newer one.");
    }

    /// <summary>This program as the newer one: the other, as the first version had it, writes all the time.</summary>
    [TestMethod]
    public async Task OpenAsync_WhileAWorkerOfTheFirstVersionWrites_BringsUpToDateAndLosesNothing()
    {
        var address = await BeginAsync("older");
        using var script = new StreamReader(typeof(PostgreSqlRun).Assembly.GetManifestResourceStream("Schema/1.sql")!);
        await TestServer.ExecuteAsync("CREATE SCHEMA xllora; CREATE TABLE xllora.versions (version int PRIMARY KEY, made timestamptz NOT "
            + "NULL DEFAULT now()); INSERT INTO xllora.versions VALUES (1); " + await script.ReadToEndAsync()
            + $"; INSERT INTO xllora.runs (name, run_id, shards) VALUES ('{address.Name}', 'id', 1); INSERT INTO xllora.shards VALUES (1, 0)",
            "older");
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(() => WriteAsFirstVersionAsync(stop.Token));
        await TestServer.UntilAsync("SELECT count(*) > 40 FROM xllora.answers", "older");

        await using var run = await PostgreSqlRun.OpenAsync(address);
        var updated = (long)(await TestServer.AskAsync("SELECT count(*) FROM xllora.answers", "older"))!;
        await TestServer.UntilAsync($"SELECT count(*) > {updated + 40} FROM xllora.answers", "older");
        await stop.CancelAsync();
        var written = await writing;

        await using var log = await run.Backend.OpenLog("id", default);
        var found = await log.ReadNewAsync(default).ToArrayAsync();
        CollectionAssert.AreEqual(Enumerable.Range(0, written).ToArray(), found.Select(m => m.Mark.Tokens).Order().ToArray());
    }

    private static async Task<PostgreSqlRunAddress> BeginAsync(string database)
    {
        await TestServer.ExecuteAsync($"CREATE DATABASE {database}");
        return PostgreSqlRunAddress.Parse(await TestServer.RunAsync(database: database));
    }

    /// <returns>How many answers it has written, whose tokens count them.</returns>
    private static async Task<int> WriteAsFirstVersionAsync(CancellationToken cancellationToken)
    {
        await using var source = await TestServer.SourceAsync("older");
        await using var connection = await source.OpenConnectionAsync(CancellationToken.None);
        for (var written = 0; ;)
        {
            try
            {
                await new NpgsqlCommand(
                    $"""
                    BEGIN;
                    SET LOCAL synchronous_commit = off;
                    UPDATE xllora.shards SET expires = clock_timestamp() WHERE run = 1;
                    INSERT INTO xllora.answers (run, writer, position, key, side, sample, attempt, is_retry, context, finish, reason,
                      prompt_tokens, tokens, finished, text, raw_text, repairs, detail) VALUES (1, '{Guid.Empty}', {written},
                      decode(lpad(to_hex({written}), {2 * RowKey.Bytes}, '0'), 'hex'), 0, 0, 1, false, 1, 'stop', NULL, 1, {written}, 0, '',
                      NULL, '', NULL);
                    COMMIT
                    """, connection).ExecuteNonQueryAsync(CancellationToken.None);
                written++;
                if (cancellationToken.IsCancellationRequested)
                    return written;
            }
            catch (PostgresException e) when (e.IsTransient)
            {
                // it may meet the other's locks in another order, and does it again then as every version does
                await new NpgsqlCommand("ROLLBACK", connection).ExecuteNonQueryAsync(CancellationToken.None);
            }
        }
    }
}
