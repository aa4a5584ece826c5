using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunJournalsTests
{
    private static readonly SynthesisOptions Options = new() { MaxAttempts = 5 };

    [TestMethod]
    public void Find_AnySplitIntoJournalsInAnyOrder_GivesTheSameAnswers() =>
        Gen.Select(History.SelectMany(h => Gen.Shuffle(h)), Gen.Int[1, 4], Gen.Int[0, 3].Array[60]).Sample((records, count, places) =>
        {
            using var folder = new TemporaryFolder();
            // a few journals are written at the same time, and read in between by somebody who looks every now and then
            var journals = Enumerable.Range(0, count).Select(_ => RunJournal.Open(folder.Path, JournalAnswers.RunId)).ToArray();
            using var watching = new RunJournals(folder.Path, 0);
            for (int i = 0; i < records.Length; i++)
            {
                Append(journals[places[i] % count], records[i]);
                if (places[i] == 0)
                {
                    journals[i % count].Flush();
                    watching.Refresh();
                }
            }

            foreach (var journal in journals)
                journal.Dispose();
            watching.Refresh();
            using var fresh = new RunJournals(folder.Path, 0);
            fresh.Refresh();

            foreach (var sentence in records.Select(r => (r.Key, r.Side)).Distinct())
            {
                var expected = records.Where(r => (r.Key, r.Side) == sentence)
                    .OrderByDescending(r => r.Attempt).ThenBy(r => r.IsOpening).First();
                foreach (var read in (RunJournals[])[watching, fresh])
                    Holds(read, expected);
                Assert.AreEqual(fresh.Find(sentence.Key, 0, sentence.Side), watching.Find(sentence.Key, 0, sentence.Side));
            }

            Assert.AreEqual(records.Length, fresh.Records);
            Assert.AreEqual(records.Length, watching.Records);
            Assert.AreEqual(fresh.OpenSentences, watching.OpenSentences);
            Assert.AreEqual(records.Count(r => !r.IsOpening), watching.Totals.Answers);
        });

    [TestMethod]
    public void Append_OwnAnswers_AreThereAtOnceAndReadOnce()
    {
        using var folder = new TemporaryFolder();
        using var journals = new RunJournals(folder.Path, 10);
        Assert.IsNull(journals.Owner);
        journals.Begin(JournalAnswers.RunId);
        int context = journals.AddContext(JournalAnswers.Facts);
        for (int i = 0; i < 50; i++)
        {
            journals.Append(JournalAnswers.Make(i, context));
            Assert.AreEqual(i + 1, journals.Records);
        }

        journals.Refresh();
        journals.Refresh();

        Assert.AreEqual(50, journals.Records, "what it has appended it does not read back");
        Assert.AreEqual(50, journals.Totals.Answers);
        Assert.AreEqual(Enumerable.Range(0, 50).Sum(), journals.Totals.Tokens);
        var expected = JournalAnswers.Make(48, context);
        var place = journals.Find(expected.Key, expected.Sample, expected.Side)!.Value;
        JournalAnswers.AreEqual(expected, journals.Read(place));
        CollectionAssert.AreEquivalent(JournalAnswers.Facts.ToArray(), journals.Context(place.File, context).ToArray());
        Assert.AreEqual(JournalAnswers.File(folder.Path), new JournalFolder(folder.Path).Journal(place.File));
    }

    [TestMethod]
    public void Refresh_WhatOthersAppended_IsSeenOnceItIsFlushed()
    {
        using var folder = new TemporaryFolder();
        using var mine = new RunJournals(folder.Path, 10);
        using var others = new RunJournals(folder.Path, 10);
        mine.Begin(JournalAnswers.RunId);
        others.Begin(JournalAnswers.RunId);
        Assert.AreNotEqual(mine.Owner!.Id, others.Owner!.Id);
        var answer = JournalAnswers.Make(1, others.AddContext(JournalAnswers.Facts));
        others.Append(answer);

        mine.Refresh();
        Assert.IsNull(mine.Find(answer.Key, answer.Sample, answer.Side));
        others.Flush();
        Assert.IsNull(mine.Find(answer.Key, answer.Sample, answer.Side), "it has not looked");
        mine.Refresh();

        Assert.AreEqual(SentenceStatus.Accepted, mine.Find(answer.Key, answer.Sample, answer.Side)!.Value.Status);
    }

    [TestMethod]
    public void Append_ARetry_OpensTheSentenceUntilItIsAnswered()
    {
        using var folder = new TemporaryFolder();
        using var journals = new RunJournals(folder.Path, 10);
        journals.Begin(JournalAnswers.RunId);
        int context = journals.AddContext(JournalAnswers.Facts);
        var (key, side) = (RowKey.Of("a"), SynthesisSide.Positive);
        journals.Append(Answer(key, side, attempt: 0, RejectionReason.Length) with { Context = context });

        journals.Append(new JournalRetry(key, side, 0, 1));
        journals.Refresh();
        Assert.AreEqual(1, journals.OpenSentences);
        Assert.AreEqual((SentenceStatus.Open, 1), Found(journals, key, side));
        Assert.AreEqual(1, journals.Totals.Answers, "a retry is a record and no answer");
        Assert.AreEqual(2, journals.Records);

        journals.Append(Answer(key, side, attempt: 1, reason: null) with { Context = context });
        Assert.AreEqual(0, journals.OpenSentences);
        Assert.AreEqual((SentenceStatus.Accepted, 1), Found(journals, key, side));
    }

    [TestMethod]
    public void Restore_RowsInEveryState_NeedWhatTheyNeededBefore()
    {
        using var folder = new TemporaryFolder();
        using var journals = new RunJournals(folder.Path, 10);
        journals.Begin(JournalAnswers.RunId);
        int context = journals.AddContext(JournalAnswers.Facts);
        var (p, n) = (SynthesisSide.Positive, SynthesisSide.Negative);
        journals.Append(Answer(RowKey.Of("half"), p, 0, reason: null) with { Context = context });
        journals.Append(Answer(RowKey.Of("again"), p, 1, RejectionReason.Empty) with { Context = context });
        journals.Append(Answer(RowKey.Of("given up"), p, 4, RejectionReason.Empty) with { Context = context });
        journals.Append(Answer(RowKey.Of("hopeless"), p, 0, RejectionReason.PromptTooLong) with { Context = context });
        journals.Append(Answer(RowKey.Of("opened"), p, 4, RejectionReason.Empty) with { Context = context });
        journals.Append(new JournalRetry(RowKey.Of("opened"), p, 0, 5));
        journals.Refresh();

        var half = Restored(journals, "half");
        Assert.AreEqual((SentenceStatus.Accepted, SentenceStatus.Open), (half[p]!.Status, half[n]!.Status));
        Assert.AreEqual("text 0", half[p]!.Text);
        Assert.AreEqual("raw 0", half[p]!.Generated!.Text);
        Assert.AreEqual(half.Key.RequestId(p, 0), half[p]!.Generated!.RowId);
        Assert.AreEqual((SentenceStatus.Open, 2), Status(Restored(journals, "again")[p]!));
        Assert.AreEqual((SentenceStatus.Rejected, 4), Status(Restored(journals, "given up")[p]!));
        Assert.AreEqual(SentenceStatus.Rejected, Restored(journals, "hopeless")[p]!.Status, "the prompt stays too long");
        Assert.AreEqual((SentenceStatus.Open, 5), Status(Restored(journals, "opened")[p]!));
        Assert.AreEqual((SentenceStatus.Open, 0), Status(Restored(journals, "unknown")[p]!));
        var oneSide = new RowWork(0, RowKey.Of("half"), 0, "half", Options with { Only = n });
        journals.Restore(oneSide);
        Assert.AreEqual((SentenceStatus.Open, 0), Status(oneSide[n]!));
    }

    [TestMethod]
    public void Begin_JournalThatIsDamaged_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 5);
        var path = JournalAnswers.File(folder.Path);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
        using var journals = new RunJournals(folder.Path, 10);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => journals.Begin(JournalAnswers.RunId));

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

    private static void Holds(RunJournals journals, Record expected)
    {
        var place = journals.Find(expected.Key, 0, expected.Side)!.Value;
        Assert.AreEqual(expected.Attempt, place.Attempt);
        Assert.AreEqual(expected.IsOpening, place.Status == SentenceStatus.Open);
        if (!expected.IsOpening)
            JournalAnswers.AreEqual(expected.Answer(), journals.Read(place) with { Context = 0 });
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

    private static RowWork Restored(RunJournals journals, string anchor)
    {
        var row = new RowWork(0, RowKey.Of(anchor), 0, anchor, Options);
        journals.Restore(row);
        return row;
    }

    private static (SentenceStatus, int) Status(SentenceWork sentence) => (sentence.Status, sentence.Attempt);

    private static (SentenceStatus, int) Found(RunJournals journals, RowKey key, SynthesisSide side) =>
        journals.Find(key, 0, side) is { } place ? (place.Status, place.Attempt) : throw new AssertFailedException("nothing was found");

    private sealed record Record(RowKey Key, SynthesisSide Side, int Attempt, bool IsOpening)
    {
        public JournalAnswer Answer() =>
            RunJournalsTests.Answer(Key, Side, Attempt, (Key.Value + (UInt128)Attempt) % 3 == 0 ? null : RejectionReason.Length);
    }
}
