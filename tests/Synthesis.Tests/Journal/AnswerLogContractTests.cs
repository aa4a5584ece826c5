namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What every log of answers does, wherever it keeps them.</summary>
[TestClass]
public sealed class AnswerLogContractTests
{
    private const string InAFolder = "in a folder", InMemory = "in memory";

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task ReadNewAsync_RecordsOfOthers_ComeOnceInTheOrderOfAppending(string kind)
    {
        await using var run = new Run(kind);
        var (mine, first, second) = (run.Open(), run.Open(), run.Open());
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
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task Append_OwnRecords_AreReadByTheirPlaceAndNotGivenAgain(string kind)
    {
        await using var run = new Run(kind);
        var log = run.Open();
        int context = log.AddContext(JournalAnswers.Facts);

        var places = Enumerable.Range(0, 20).Select(i => log.Append(JournalAnswers.Make(i, context))).ToArray();

        for (int i = 19; i >= 0; i--)
            JournalAnswers.AreEqual(JournalAnswers.Make(i, context), await log.ReadAsync(places[i], default));
        Assert.IsEmpty(await MarksAsync(log));
        await FlushAsync(log);
        Assert.IsEmpty(await MarksAsync(log));
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task ReadAsync_AnswersOfOthers_AreWholeAndNameWhatTheyWereMadeWith(string kind)
    {
        await using var run = new Run(kind);
        var (mine, other) = (run.Open(), run.Open());
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
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task AddContext_EqualFacts_HaveOneNumber(string kind)
    {
        await using var run = new Run(kind);
        var log = run.Open();

        Assert.AreEqual(0, log.AddContext(JournalAnswers.Facts));
        Assert.AreEqual(1, log.AddContext(new Dictionary<string, string>()));
        Assert.AreEqual(0, log.AddContext(new Dictionary<string, string>(JournalAnswers.Facts)));
        Assert.ThrowsExactly<ArgumentException>(() => log.Append(JournalAnswers.Make(1, context: 2)), "there is no such number");
    }

    [TestMethod]
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task Append_FromManyThreads_LosesNothing(string kind)
    {
        await using var run = new Run(kind);
        var (log, reader) = (run.Open(), run.Open());
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
    [DataRow(InAFolder)]
    [DataRow(InMemory)]
    public async Task ReadNewAsync_GivenUpInTheMiddle_GoesOnWithTheRest(string kind)
    {
        await using var run = new Run(kind);
        var (mine, other) = (run.Open(), run.Open());
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

    [TestMethod]
    public async Task ReadNewAsync_JournalThatWasTakenOver_GivesWhatItsDeadOwnerAppended()
    {
        await using var run = new Run(InAFolder);
        var dead = run.Open();
        dead.Append(JournalAnswers.Make(1, dead.AddContext(JournalAnswers.Facts)));
        await dead.DisposeAsync();

        var next = run.Open();
        var place = next.Append(JournalAnswers.Make(2, next.AddContext(JournalAnswers.Facts)));
        var (part, mark) = (await MarksAsync(next)).Single();

        Assert.AreEqual((place.Part, 1), (part, mark.Tokens), "and not what it has appended itself");
    }

    private static async Task FlushAsync(params IAnswerLog[] logs)
    {
        foreach (var log in logs)
            await log.FlushAsync(durable: true, default);
    }

    private static Task<List<(int Part, JournalMark Mark)>> MarksAsync(IAnswerLog log) => log.ReadNewAsync(default).ToListAsync().AsTask();

    /// <summary>A run, and all who have opened its answers.</summary>
    private sealed class Run(string kind) : IAsyncDisposable
    {
        private readonly TemporaryFolder _folder = new();
        private readonly MemoryAnswers _memory = new();
        private readonly List<IAnswerLog> _logs = [];

        public IAnswerLog Open()
        {
            _logs.Add(kind == InMemory ? new MemoryAnswerLog(_memory) : FolderAnswerLog.Open(_folder.Path, JournalAnswers.RunId));
            return _logs[^1];
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var log in _logs)
                await log.DisposeAsync();
            _folder.Dispose();
        }
    }
}
