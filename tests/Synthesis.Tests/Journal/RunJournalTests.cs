using System.Buffers;
using MessagePack;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunJournalTests
{
    [TestMethod]
    public void Append_AnswersOfAllKinds_AreReadBack()
    {
        using var folder = new TemporaryFolder();

        var offsets = JournalAnswers.Write(folder.Path, 100);

        JournalAnswers.Holds(JournalAnswers.File(folder.Path), Enumerable.Range(0, 100));
        using var reader = new JournalReader(JournalAnswers.File(folder.Path));
        Assert.AreEqual(JournalAnswers.RunId, reader.Header!.RunId);
        CollectionAssert.AreEqual(offsets, reader.Scan().Select(m => m.Offset).ToList());
        Assert.AreEqual(new FileInfo(reader.Path).Length, reader.End);
        for (int i = 99; i >= 0; i--)
            JournalAnswers.AreEqual(JournalAnswers.Make(i), reader.Read(offsets[i]));
        var facts = reader.Context(0).Facts;
        CollectionAssert.AreEquivalent(JournalAnswers.Facts.ToArray(), facts.ToArray());
    }

    [TestMethod]
    public void Scan_AnswersOfAllKinds_GivesWhatTheAnswersHave()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 40);
        using var reader = new JournalReader(JournalAnswers.File(folder.Path));

        var marks = reader.Scan().ToArray();

        Assert.HasCount(40, marks);
        for (int i = 0; i < marks.Length; i++)
        {
            var answer = JournalAnswers.Make(i);
            var expected = new JournalMark(
                marks[i].Offset, answer.Key, answer.Side, answer.Sample, answer.Attempt, answer.Context, answer.Finish, answer.Reason,
                answer.PromptTokens, answer.Tokens, answer.Milliseconds);
            Assert.AreEqual(expected, marks[i]);
        }
    }

    [TestMethod]
    public void Append_VeryLongText_IsReadBack()
    {
        using var folder = new TemporaryFolder();
        var longAnswer = JournalAnswers.Make(1) with { Text = new string('ƙ', 1_000_000) };
        long offset;
        using (var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId))
        {
            journal.AddContext(JournalAnswers.Facts);
            offset = journal.Append(longAnswer);
            var tooLong = JournalAnswers.Make(2) with { Text = new string('x', 20_000_000) };
            Assert.ThrowsExactly<ArgumentException>(() => journal.Append(tooLong));
            Assert.ThrowsExactly<ArgumentException>(() => journal.Append(JournalAnswers.Make(3, context: 1)));
        }

        using var reader = new JournalReader(JournalAnswers.File(folder.Path));
        JournalAnswers.AreEqual(longAnswer, reader.Answers().Single().Answer);
        JournalAnswers.AreEqual(longAnswer, reader.Read(offset));
        Assert.AreEqual(offset, reader.Scan().Single().Offset);
    }

    [TestMethod]
    public void AddContext_FactsThatAreThere_GivesTheirNumber()
    {
        using var folder = new TemporaryFolder();
        var other = new Dictionary<string, string>(JournalAnswers.Facts) { ["device"] = "cuda:1" };
        using (var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId))
        {
            Assert.AreEqual(0, journal.AddContext(JournalAnswers.Facts));
            Assert.AreEqual(1, journal.AddContext(other));
            Assert.AreEqual(0, journal.AddContext(JournalAnswers.Facts));
        }

        using (var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId))
        {
            Assert.IsTrue(journal.IsContinued);
            Assert.AreEqual(1, journal.AddContext(new Dictionary<string, string>(other)));
            Assert.AreEqual(2, journal.AddContext(new Dictionary<string, string>()));
            journal.Append(JournalAnswers.Make(5, context: 2));
        }

        using var reader = new JournalReader(JournalAnswers.File(folder.Path));
        Assert.AreEqual("cuda:1", reader.Context(1).Facts["device"]);
        long answer = reader.Scan().Single().Offset;
        using var fresh = new JournalReader(JournalAnswers.File(folder.Path));
        Assert.HasCount(1, fresh.Scan(answer));
        Assert.IsEmpty(fresh.Context(2).Facts);
        Assert.AreEqual("cuda:1", fresh.Context(1).Facts["device"]);
        Assert.ThrowsExactly<InvalidDataException>(() => fresh.Context(3));
    }

    [TestMethod]
    public void Open_JournalThatALiveProcessHolds_BeginsAnother()
    {
        using var folder = new TemporaryFolder();
        using var first = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        using var second = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        Assert.AreEqual(JournalAnswers.File(folder.Path, 1), first.Path);
        Assert.AreEqual(JournalAnswers.File(folder.Path, 2), second.Path);
        first.Dispose();

        using var third = RunJournal.Open(folder.Path, JournalAnswers.RunId);

        Assert.AreEqual(first.Path, third.Path);
        Assert.IsTrue(third.IsContinued && !second.IsContinued);
        Assert.AreNotEqual(first.Owner.Id, third.Owner.Id);
    }

    [TestMethod]
    public void Open_ManyAtOnce_HaveAJournalEach()
    {
        using var folder = new TemporaryFolder();
        var journals = new RunJournal[16];

        Parallel.For(0, journals.Length, new ParallelOptions { MaxDegreeOfParallelism = 16 }, i =>
        {
            journals[i] = RunJournal.Open(folder.Path, JournalAnswers.RunId);
            int context = journals[i].AddContext(JournalAnswers.Facts);
            journals[i].Append(JournalAnswers.Make(i, context));
            journals[i].Flush();
        });

        Assert.HasCount(journals.Length, journals.Select(j => j.Path).Distinct());
        foreach (var journal in journals)
            journal.Dispose();
        var files = new JournalFolder(folder.Path);
        var keys = files.Numbers().SelectMany(n =>
        {
            using var reader = new JournalReader(files.Journal(n));
            return reader.Scan().Select(m => m.Tokens).ToArray();
        });
        CollectionAssert.AreEquivalent(Enumerable.Range(0, journals.Length).ToArray(), keys.ToArray());
    }

    [TestMethod]
    public void Open_JournalOfAnotherRun_IsRefused()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 3);

        var e = Assert.ThrowsExactly<InvalidDataException>(() => RunJournal.Open(folder.Path, "run-2"));

        StringAssert.Contains(e.Message, "belongs to another run (run-1; this one is run-2)");
    }

    [TestMethod]
    public void Open_FileWhereTheFolderMustBe_SaysWhatToDo()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("run", "");

        var e = Assert.ThrowsExactly<IOException>(() => RunJournal.Open(path, JournalAnswers.RunId));

        StringAssert.Contains(e.Message, $"The run folder '{path}' cannot be written");
        StringAssert.Contains(e.Message, "choose another output");
    }

    [TestMethod]
    [DataRow(40)]
    [DataRow(700)]
    [DataRow(1500)]
    public void Flush_FullDisk_KeepsWholeRecordsAndFailsOnce(int room)
    {
        using var folder = new TemporaryFolder();
        using var journal = Open(folder, room, out var opening);
        if (journal is null)
        {
            StringAssert.Contains(opening!.Message, "No space left on device");
        }
        else
        {
            int context = journal.AddContext(JournalAnswers.Facts);
            var e = Assert.ThrowsExactly<IOException>(() =>
            {
                for (int i = 0; i < 100; i++)
                    journal.Append(JournalAnswers.Make(i, context));
            });
            StringAssert.Contains(e.Message, "No space left on device");
            StringAssert.Contains(e.Message, "run the same command again");
            Assert.IsTrue(journal.HasFailed);
            Assert.ThrowsExactly<IOException>(journal.Flush);
            Assert.ThrowsExactly<IOException>(() => journal.Append(JournalAnswers.Make(0, context)));
            journal.Dispose();
        }

        using var reader = new JournalReader(JournalAnswers.File(folder.Path));
        int kept = reader.Scan().Count();
        Assert.AreEqual(new FileInfo(reader.Path).Length, reader.End);
        using (var again = RunJournal.Open(folder.Path, JournalAnswers.RunId))
        {
            Assert.AreEqual(0, again.CutBytes);
            int context = again.AddContext(JournalAnswers.Facts);
            for (int i = kept; i < 100; i++)
                again.Append(JournalAnswers.Make(i, context));
        }

        JournalAnswers.Holds(reader.Path, Enumerable.Range(0, 100));
    }

    [TestMethod]
    public void Append_RecordsOfALaterVersion_AreRefusedByName()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 3);
        var record = new ArrayBufferWriter<byte>();
        JournalFrame.Write(record, [0x91, 77]);
        File.AppendAllBytes(JournalAnswers.File(folder.Path), record.WrittenSpan);
        using var reader = new JournalReader(JournalAnswers.File(folder.Path));

        var e = Assert.ThrowsExactly<InvalidDataException>(() => reader.Scan().Count());

        StringAssert.Contains(e.Message, "records of kind 77 are not known");
        StringAssert.Contains(e.Message, "begun by xllora-onnx " + JournalHeader.ThisTool);
        Assert.ThrowsExactly<InvalidDataException>(() => RunJournal.Open(folder.Path, JournalAnswers.RunId));
    }

    [TestMethod]
    public void Read_KnownRecordWithMoreValues_PassesOverThem()
    {
        var known = new ArrayBufferWriter<byte>();
        JournalRecord.Write(known, JournalAnswers.Make(6));
        var longer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(longer);
        writer.WriteArrayHeader(17);
        writer.WriteRaw(known.WrittenSpan[1..]);
        writer.WriteMapHeader(1);
        writer.Write("later");
        writer.WriteArrayHeader(1);
        writer.Write(1.5);
        writer.WriteNil();
        writer.Flush();

        JournalAnswers.AreEqual(JournalAnswers.Make(6), JournalRecord.Answer(longer.WrittenMemory, 0));
        byte[] tooLong = [.. longer.WrittenSpan, 0];
        var e = Assert.ThrowsExactly<InvalidDataException>(() => JournalRecord.Answer(tooLong, 0));
        StringAssert.Contains(e.Message, "more bytes follow");
    }

    [TestMethod]
    public void Scan_WhileAnotherWrites_GivesEveryRecordOnce()
    {
        using var folder = new TemporaryFolder();
        const int Answers = 20_000;
        using var journal = RunJournal.Open(folder.Path, JournalAnswers.RunId);
        var writing = Task.Run(() =>
        {
            int context = journal.AddContext(JournalAnswers.Facts);
            for (int i = 0; i < Answers; i++)
                journal.Append(JournalAnswers.Make(i, context));
            journal.Flush();
        });
        using var reader = new JournalReader(journal.Path);
        List<int> seen = [];
        bool isLast;
        do
        {
            isLast = writing.IsCompleted;
            seen.AddRange(reader.Scan(reader.End).Select(m => m.Tokens));
        }
        while (!isLast);
        writing.GetAwaiter().GetResult();

        CollectionAssert.AreEqual(Enumerable.Range(0, Answers).ToList(), seen);
    }

    private static RunJournal? Open(TemporaryFolder folder, int room, out IOException? failure)
    {
        failure = null;
        try
        {
            return RunJournal.Open(folder.Path, JournalAnswers.RunId, (path, _) => new FullDisk(path, room));
        }
        catch (IOException e)
        {
            failure = e;
            return null;
        }
    }
}
