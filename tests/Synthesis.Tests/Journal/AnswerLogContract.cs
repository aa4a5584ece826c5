namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What every log of answers does, wherever it keeps them.</summary>
public abstract class AnswerLogContract
{
    [TestMethod]
    public async Task ReadNewAsync_RecordsOfOthers_ComeOnceInTheOrderOfAppending()
    {
        await using var run = Begin();
        var (mine, first, second) = (await run.OpenAsync(), await run.OpenAsync(), await run.OpenAsync());
        int[] contexts = [first.AddContext(JournalAnswers.Facts), second.AddContext(JournalAnswers.Facts)];
        for (int i = 0; i < 10; i++)
            (i % 2 == 0 ? first : second).Append(JournalAnswers.Make(i, contexts[i % 2]));
        first.Append(new JournalRetry(RowKey.Of("a"), SynthesisSide.Negative, Sample: 2, Attempt: 7));
        await FlushAsync(first, second);

        var marks = await MarksAsync(mine);

        CollectionAssert.AreEqual(new[] { 0, 2, 4, 6, 8, 0, 1, 3, 5, 7, 9 }, marks.Select(m => m.Mark.Tokens).ToArray());
        CollectionAssert.AreEqual(marks.Select(m => m.Part).Order().ToArray(), marks.Select(m => m.Part).ToArray());
        foreach (var part in marks.GroupBy(m => m.Part))
            CollectionAssert.AreEqual(part.Select(m => m.Mark.Offset).Order().ToArray(), part.Select(m => m.Mark.Offset).ToArray());
        Assert.AreEqual(
            JournalMark.Of(marks[5].Mark.Offset, new JournalRetry(RowKey.Of("a"), SynthesisSide.Negative, 2, 7)), marks[5].Mark);
        Assert.IsEmpty(await MarksAsync(mine), "they were given");
        second.Append(JournalAnswers.Make(11, contexts[1]));
        await FlushAsync(second);
        Assert.AreEqual(11, (await MarksAsync(mine)).Single().Mark.Tokens);
    }

    [TestMethod]
    public async Task Append_OwnRecords_AreReadByTheirPlaceAndNotGivenAgain()
    {
        await using var run = Begin();
        var log = await run.OpenAsync();
        int context = log.AddContext(JournalAnswers.Facts);

        var places = Enumerable.Range(0, 20).Select(i => log.Append(JournalAnswers.Make(i, context))).ToArray();

        for (int i = 19; i >= 0; i--)
            JournalAnswers.AreEqual(JournalAnswers.Make(i, context), await log.ReadAsync(places[i], default));
        Assert.IsEmpty(await MarksAsync(log));
        await FlushAsync(log);
        Assert.IsEmpty(await MarksAsync(log));
    }

    [TestMethod]
    public async Task ReadAsync_AnswersOfOthers_AreWholeAndNameWhatTheyWereMadeWith()
    {
        await using var run = Begin();
        var (mine, other) = (await run.OpenAsync(), await run.OpenAsync());
        Dictionary<string, string> facts = new(JournalAnswers.Facts) { ["adapter"] = "hausa" };
        mine.AddContext(new Dictionary<string, string> { ["adapter"] = "none" });
        other.Append(JournalAnswers.Make(3, other.AddContext(JournalAnswers.Facts)));
        other.Append(JournalAnswers.Make(4, other.AddContext(facts)));
        await FlushAsync(other);

        var (part, mark) = (await MarksAsync(mine))[1];
        var answer = await mine.ReadAsync(new AnswerRecord(part, mark.Offset), default);

        JournalAnswers.AreEqual(JournalAnswers.Make(4, mark.Context), answer);
        CollectionAssert.AreEquivalent(facts.ToArray(), (await mine.ContextAsync(part, answer.Context, default)).ToArray());
    }

    [TestMethod]
    public async Task AddContext_EqualFacts_HaveOneNumber()
    {
        await using var run = Begin();
        var log = await run.OpenAsync();

        var (first, second) = (log.AddContext(JournalAnswers.Facts), log.AddContext(new Dictionary<string, string>()));

        Assert.AreNotEqual(first, second);
        Assert.AreEqual(first, log.AddContext(new Dictionary<string, string>(JournalAnswers.Facts)));
        var none = Enumerable.Range(0, 3).First(n => n != first && n != second);
        Assert.ThrowsExactly<ArgumentException>(() => log.Append(JournalAnswers.Make(1, none)), "there is no such number");
    }

    [TestMethod]
    public async Task Append_FromManyThreads_LosesNothing()
    {
        await using var run = Begin();
        var (log, reader) = (await run.OpenAsync(), await run.OpenAsync());
        int context = log.AddContext(JournalAnswers.Facts);

        await Parallel.ForAsync(0, 400, async (i, cancellationToken) =>
        {
            var place = log.Append(JournalAnswers.Make(i, context));
            await log.FlushAsync(durable: false, cancellationToken);
            JournalAnswers.AreEqual(JournalAnswers.Make(i, context), await log.ReadAsync(place, cancellationToken));
        });

        CollectionAssert.AreEquivalent(
            Enumerable.Range(0, 400).ToArray(), (await MarksAsync(reader)).Select(m => m.Mark.Tokens).ToArray());
    }

    [TestMethod]
    public async Task ReadNewAsync_GivenUpInTheMiddle_GoesOnWithTheRest()
    {
        await using var run = Begin();
        var (mine, other) = (await run.OpenAsync(), await run.OpenAsync());
        int context = other.AddContext(JournalAnswers.Facts);
        for (int i = 0; i < 10; i++)
            other.Append(JournalAnswers.Make(i, context));
        await FlushAsync(other);
        List<int> given = [];

        await foreach (var (_, mark) in mine.ReadNewAsync(default))
        {
            given.Add(mark.Tokens);
            if (given.Count == 4)
                break;
        }

        given.AddRange((await MarksAsync(mine)).Select(m => m.Mark.Tokens));
        CollectionAssert.AreEqual(Enumerable.Range(0, 10).ToArray(), given);
    }

    /// <summary>A run without answers.</summary>
    private protected abstract OpenLogs Begin();

    private static async Task FlushAsync(params IAnswerLog[] logs)
    {
        foreach (var log in logs)
            await log.FlushAsync(durable: true, default);
    }

    private protected static Task<List<(int Part, JournalMark Mark)>> MarksAsync(IAnswerLog log) => log.ReadNewAsync(default).ToListAsync().AsTask();

    /// <summary>A run, and all who have opened its answers.</summary>
    private protected abstract class OpenLogs : IAsyncDisposable
    {
        private readonly List<IAnswerLog> _logs = [];

        public async ValueTask<IAnswerLog> OpenAsync()
        {
            _logs.Add(await OneMoreAsync());
            return _logs[^1];
        }

        public virtual async ValueTask DisposeAsync()
        {
            foreach (var log in _logs)
                await log.DisposeAsync();
            GC.SuppressFinalize(this);
        }

        protected abstract ValueTask<IAnswerLog> OneMoreAsync();
    }
}
