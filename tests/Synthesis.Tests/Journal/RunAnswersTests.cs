using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunAnswersTests
{
    private static readonly SynthesisOptions Options = new() { MaxAttempts = 5 };

    [TestMethod]
    public Task Find_AnySplitIntoJournalsInAnyOrder_GivesTheSameAnswers() =>
        Gen.Select(History.SelectMany(h => Gen.Shuffle(h)), Gen.Int[1, 4], Gen.Int[0, 3].Array[60]).SampleAsync(async (records, count, places) =>
        {
            using var folder = new TemporaryFolder();
            // a few journals are written at the same time, and read in between by somebody who looks every now and then
            var journals = Enumerable.Range(0, count).Select(_ => RunJournal.Open(folder.Path, JournalAnswers.RunId)).ToArray();
            await using var watchingLog = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
            var watching = new RunAnswers(watchingLog, 0);
            for (int i = 0; i < records.Length; i++)
            {
                Append(journals[places[i] % count], records[i]);
                if (places[i] == 0)
                {
                    journals[i % count].Flush();
                    await watching.RefreshAsync(default);
                }
            }

            foreach (var journal in journals)
                journal.Dispose();
            await watching.RefreshAsync(default);
            // takes one of the journals over
            await using var freshLog = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
            var fresh = new RunAnswers(freshLog, 0);
            await fresh.RefreshAsync(default);

            foreach (var sentence in records.Select(r => (r.Key, r.Side)).Distinct())
            {
                var expected = records.Where(r => (r.Key, r.Side) == sentence)
                    .OrderByDescending(r => r.Attempt).ThenBy(r => r.IsOpening).First();
                foreach (var read in (RunAnswers[])[watching, fresh])
                    await HoldsAsync(read, expected);
                Assert.AreEqual(fresh.Find(sentence.Key, 0, sentence.Side), watching.Find(sentence.Key, 0, sentence.Side));
            }

            Assert.AreEqual(records.Length, fresh.Records);
            Assert.AreEqual(records.Length, watching.Records);
            Assert.AreEqual(fresh.OpenSentences, watching.OpenSentences);
            Assert.AreEqual(records.Count(r => !r.IsOpening), watching.Totals.Answers);
        });

    [TestMethod]
    public async Task Append_OwnAnswers_AreThereAtOnceAndReadOnce()
    {
        using var folder = new TemporaryFolder();
        await using var log = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
        var answers = new RunAnswers(log, 10);
        int context = answers.AddContext(JournalAnswers.Facts);
        for (int i = 0; i < 50; i++)
        {
            answers.Append(JournalAnswers.Make(i, context));
            Assert.AreEqual(i + 1, answers.Records);
        }

        await answers.RefreshAsync(default);
        await answers.RefreshAsync(default);

        Assert.AreEqual(50, answers.Records, "what it has appended it does not read back");
        Assert.AreEqual(50, answers.Totals.Answers);
        Assert.AreEqual(Enumerable.Range(0, 50).Sum(), answers.Totals.Tokens);
        var expected = JournalAnswers.Make(48, context);
        var place = answers.Find(expected.Key, expected.Sample, expected.Side)!.Value;
        JournalAnswers.AreEqual(expected, await answers.ReadAsync(place, default));
        CollectionAssert.AreEquivalent(JournalAnswers.Facts.ToArray(), (await answers.ContextAsync(place, context, default)).ToArray());
        Assert.AreEqual(JournalAnswers.File(folder.Path), new JournalFolder(folder.Path).Journal(place.File));
    }

    [TestMethod]
    public async Task RefreshAsync_WhatOthersAppended_IsSeenOnceItIsFlushed()
    {
        using var folder = new TemporaryFolder();
        await using var mine = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
        await using var theirs = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
        var (answers, others) = (new RunAnswers(mine, 10), new RunAnswers(theirs, 10));
        Assert.AreNotEqual(mine.Owner.Id, theirs.Owner.Id);
        var answer = JournalAnswers.Make(1, others.AddContext(JournalAnswers.Facts));
        others.Append(answer);

        await answers.RefreshAsync(default);
        Assert.IsNull(answers.Find(answer.Key, answer.Sample, answer.Side));
        await others.FlushAsync();
        Assert.IsNull(answers.Find(answer.Key, answer.Sample, answer.Side), "it has not looked");
        await answers.RefreshAsync(default);

        Assert.AreEqual(SentenceStatus.Accepted, answers.Find(answer.Key, answer.Sample, answer.Side)!.Value.Status);
    }

    [TestMethod]
    public async Task Append_ARetry_OpensTheSentenceUntilItIsAnswered()
    {
        using var folder = new TemporaryFolder();
        await using var log = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
        var answers = new RunAnswers(log, 10);
        int context = answers.AddContext(JournalAnswers.Facts);
        var (key, side) = (RowKey.Of("a"), SynthesisSide.Positive);
        answers.Append(Answer(key, side, attempt: 0, RejectionReason.Length) with { Context = context });

        answers.Append(new JournalRetry(key, side, 0, 1));
        await answers.RefreshAsync(default);
        Assert.AreEqual(1, answers.OpenSentences);
        Assert.AreEqual((SentenceStatus.Open, 1), Found(answers, key, side));
        Assert.AreEqual(1, answers.Totals.Answers, "a retry is a record and no answer");
        Assert.AreEqual(2, answers.Records);

        answers.Append(Answer(key, side, attempt: 1, reason: null) with { Context = context });
        Assert.AreEqual(0, answers.OpenSentences);
        Assert.AreEqual((SentenceStatus.Accepted, 1), Found(answers, key, side));
    }

    [TestMethod]
    public async Task RestoreAsync_RowsInEveryState_NeedWhatTheyNeededBefore()
    {
        using var folder = new TemporaryFolder();
        await using var log = FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId);
        var answers = new RunAnswers(log, 10);
        int context = answers.AddContext(new Dictionary<string, string> { ["adapter"] = "hausa" });
        var (p, n) = (SynthesisSide.Positive, SynthesisSide.Negative);
        answers.Append(Answer(RowKey.Of("half"), p, 0, reason: null) with { Context = context });
        answers.Append(Answer(RowKey.Of("again"), p, 1, RejectionReason.Empty) with { Context = context });
        answers.Append(Answer(RowKey.Of("given up"), p, 4, RejectionReason.Empty) with { Context = context });
        answers.Append(Answer(RowKey.Of("hopeless"), p, 0, RejectionReason.PromptTooLong) with { Context = context });
        answers.Append(Answer(RowKey.Of("opened"), p, 4, RejectionReason.Empty) with { Context = context });
        answers.Append(new JournalRetry(RowKey.Of("opened"), p, 0, 5));
        await answers.RefreshAsync(default);

        var half = await RestoredAsync(answers, "half");
        Assert.AreEqual((SentenceStatus.Accepted, SentenceStatus.Open), (half[p]!.Status, half[n]!.Status));
        Assert.AreEqual("text 0", half[p]!.Text);
        Assert.AreEqual("raw 0", half[p]!.Generated!.Text);
        Assert.AreEqual("hausa", half[p]!.Generated!.Adapter, "an answer that is entered again keeps what made it");
        Assert.AreEqual(half.Key.RequestId(p, 0), half[p]!.Generated!.RowId);
        Assert.AreEqual((SentenceStatus.Open, 2), Status((await RestoredAsync(answers, "again"))[p]!));
        Assert.AreEqual((SentenceStatus.Rejected, 4), Status((await RestoredAsync(answers, "given up"))[p]!));
        Assert.AreEqual(SentenceStatus.Rejected, (await RestoredAsync(answers, "hopeless"))[p]!.Status, "the prompt stays too long");
        Assert.AreEqual((SentenceStatus.Open, 5), Status((await RestoredAsync(answers, "opened"))[p]!));
        Assert.AreEqual((SentenceStatus.Open, 0), Status((await RestoredAsync(answers, "unknown"))[p]!));
        var oneSide = await RestoredAsync(answers, "half", Options with { Only = n });
        Assert.AreEqual((SentenceStatus.Open, 0), Status(oneSide[n]!));
    }

    [TestMethod]
    public void Open_JournalThatIsDamaged_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 5);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => FolderAnswerLog.Open(folder.Path, JournalAnswers.RunId));

        StringAssert.Contains(e.Message, path);
    }

    /// <summary>
    /// Records as runs make them: what an attempt gives is a function of the row, the side and the attempt, whoever makes it and however
    /// often, and a retry opens the attempt behind the last.
    /// </summary>
    private static readonly Gen<Record[]> History = Gen.Select(Gen.Int[0, 3], Gen.Enum<SynthesisSide>(), Gen.Int[0, 4], Gen.Bool,
        (anchor, side, attempt, isOpening) => new Record(RowKey.Of($"anchor {anchor}"), side, attempt, isOpening)).Array[1, 60];

    private static void Append(RunJournal journal, Record record)
    {
        if (record.IsOpening)
            journal.Append(new JournalRetry(record.Key, record.Side, 0, record.Attempt));
        else
            journal.Append(record.Answer() with { Context = journal.AddContext(JournalAnswers.Facts) });
    }

    private static async Task HoldsAsync(RunAnswers answers, Record expected)
    {
        var place = answers.Find(expected.Key, 0, expected.Side)!.Value;
        Assert.AreEqual(expected.Attempt, place.Attempt);
        Assert.AreEqual(expected.IsOpening, place.Status == SentenceStatus.Open);
        if (!expected.IsOpening)
            JournalAnswers.AreEqual(expected.Answer(), await answers.ReadAsync(place, default) with { Context = 0 });
    }

    private static JournalAnswer Answer(RowKey key, SynthesisSide side, int attempt, RejectionReason? reason) => new()
    {
        Key = key,
        Side = side,
        Attempt = attempt,
        Context = 0,
        Finish = FinishReason.Stop,
        Text = $"text {attempt}",
        RawText = $"raw {attempt}",
        Reason = reason,
        Detail = reason is null ? null : "because",
    };

    private static async Task<RowWork> RestoredAsync(RunAnswers answers, string anchor, SynthesisOptions? options = null)
    {
        var row = new RowWork(new KeyedAnchor(0, RowKey.Of(anchor), 0, anchor), 0, options ?? Options);
        await answers.RestoreAsync(row, default);
        return row;
    }

    private static (SentenceStatus, int) Status(SentenceWork sentence) => (sentence.Status, sentence.Attempt);

    private static (SentenceStatus, int) Found(RunAnswers answers, RowKey key, SynthesisSide side) =>
        answers.Find(key, 0, side) is { } place ? (place.Status, place.Attempt) : throw new AssertFailedException("nothing was found");

    private sealed record Record(RowKey Key, SynthesisSide Side, int Attempt, bool IsOpening)
    {
        public JournalAnswer Answer() =>
            RunAnswersTests.Answer(Key, Side, Attempt, (Key.Value + (UInt128)Attempt) % 3 == 0 ? null : RejectionReason.Length);
    }
}
