namespace XlLoraOnnx.Synthesis.PostgreSQL.Tests;

[TestClass]
public sealed class PostgreSqlAnswerLogTests : AnswerLogContract
{
    [TestMethod]
    public async Task Append_TextsThatNoColumnOfTextTakes_ComeBack()
    {
        await using var run = Begin();
        var (log, other) = (await run.OpenAsync(), await run.OpenAsync());
        var answer = JournalAnswers.Make(4, log.AddContext(JournalAnswers.Facts)) with { Text = "a\0b", RawText = "\0", Detail = "" };
        var place = log.Append(answer);
        await log.FlushAsync(durable: false, default);

        JournalAnswers.AreEqual(answer, await other.ReadAsync(place, default));
    }

    [TestMethod]
    public async Task ReadNewAsync_TransactionThatEndsLate_LosesNothingAndGivesNothingTwice()
    {
        await using var run = Begin();
        var (reader, early, late) = (await run.OpenAsync(), await run.OpenAsync(), await run.OpenAsync());
        early.Append(JournalAnswers.Make(1, early.AddContext(JournalAnswers.Facts)));
        late.Append(JournalAnswers.Make(2, late.AddContext(JournalAnswers.Facts)));
        // positions are given out; the higher one is committed first
        await late.FlushAsync(durable: true, default);
        var first = await MarksAsync(reader);
        await early.FlushAsync(durable: true, default);
        var second = await MarksAsync(reader);

        CollectionAssert.AreEqual((int[])[2, 1], first.Concat(second).Select(m => m.Mark.Tokens).ToArray());
        Assert.IsEmpty(await MarksAsync(reader));
    }

    /// <summary>A worker lives on, and others have seen what it handed over, so that it must not be gone.</summary>
    [TestMethod]
    public async Task FlushAsync_ServerThatCrashesAtOnce_KeepsWhatWasHandedOver()
    {
        // it would keep commits that are not waited for until then in its memory
        await TestServer.ExecuteAsync("ALTER SYSTEM SET wal_writer_delay = '10s'");
        await TestServer.ExecuteAsync("ALTER SYSTEM SET synchronous_commit = off");
        await TestServer.ExecuteAsync("SELECT pg_reload_conf()");
        try
        {
            await using var run = Begin();
            var (log, other) = (await run.OpenAsync(), await run.OpenAsync());
            // the first flush has the context with it
            for (var i = 0; i < 3; i++)
            {
                log.Append(JournalAnswers.Make(i, log.AddContext(JournalAnswers.Facts)));
                await log.FlushAsync(durable: false, default);
            }

            await TestServer.CrashAsync();

            Assert.HasCount(3, await MarksAsync(other));
        }
        finally
        {
            await TestServer.ExecuteAsync("ALTER SYSTEM RESET ALL");
            await TestServer.ExecuteAsync("SELECT pg_reload_conf()");
        }
    }

    private protected override OpenLogs Begin() => new InPostgreSql();

    private sealed class InPostgreSql : OpenLogs
    {
        private readonly TestRun _run = new();

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            await _run.DisposeAsync();
        }

        protected override async ValueTask<IAnswerLog> OneMoreAsync()
        {
            var backend = await _run.BackendAsync();
            return await backend.OpenLog("id", default);
        }
    }
}
