using System.Buffers;
using System.Globalization;
using System.Text.Json;
using MessagePack;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>The bytes of a journal: what other readers of MessagePack see in them, and that they are those of every version
/// before.</summary>
[TestClass]
public sealed class JournalFormatTests
{
    private static readonly string Recorded = Repository.Data("journals", "before-messagepack.journal");

    [TestMethod]
    public void ConvertToJson_EveryValueOfAJournal_IsHeaderThenChecksumsAndRecords()
    {
        using var folder = new TemporaryFolder();
        JournalAnswers.Write(folder.Path, 50);
        var reader = new MessagePackReader(File.ReadAllBytes(JournalAnswers.File(folder.Path)));

        Assert.AreEqual($"[\"xllora-onnx journal\",1,\"run-1\",\"{JournalHeader.ThisTool}\"]", Json(reader.ReadRaw()));
        Assert.AreEqual("[1,0,{\"model\":\"gemma\",\"prompt\":\"xllora-gen-v1\",\"tool\":\"0.1.0\"}]", Json(new(Payload(ref reader))));
        for (int i = 0; i < 50; i++)
        {
            var json = Json(new(Payload(ref reader)));
            using var actual = JsonDocument.Parse(json);
            Assert.IsTrue(JsonElement.DeepEquals(Expected(JournalAnswers.Make(i)), actual.RootElement), json);
        }

        Assert.IsTrue(reader.End);
    }

    [TestMethod]
    public void Scan_JournalOfBeforeThePackage_GivesEverythingInIt()
    {
        using var reader = new JournalReader(Recorded);

        Assert.AreEqual(RecordedJournal.RunId, reader.Header!.RunId);
        var marks = reader.Scan().ToArray();
        Assert.AreEqual(new FileInfo(Recorded).Length, reader.End);
        CollectionAssert.AreEqual(
            RecordedJournal.Retries.ToArray(),
            marks.Where(m => m.IsRetry).Select(m => new JournalRetry(m.Key, m.Side, m.Sample, m.Attempt)).ToArray());
        var answers = marks.Where(m => !m.IsRetry).ToArray();
        Assert.HasCount(RecordedJournal.Answers.Count, answers);
        for (int i = 0; i < answers.Length; i++)
        {
            JournalAnswers.AreEqual(RecordedJournal.Answers[i], reader.Read(answers[i].Offset));
            Assert.AreEqual(RecordedJournal.Answers[i].Milliseconds, answers[i].Milliseconds);
        }

        for (int i = 0; i < RecordedJournal.Contexts.Count; i++)
            CollectionAssert.AreEquivalent(RecordedJournal.Contexts[i].ToArray(), reader.Context(i).Facts.ToArray());
    }

    [TestMethod]
    public void Write_WhatAJournalOfBeforeThePackageHolds_GivesItsBytes()
    {
        var bytes = File.ReadAllBytes(Recorded);
        _ = JournalHeader.Read(bytes.AsMemory(0, JournalHeader.MaxBytes), Recorded, out int header);
        var written = new ArrayBufferWriter<byte>();
        foreach (var (facts, number) in RecordedJournal.Contexts.Select((f, i) => (f, i)))
            Add(written, payload => JournalRecord.Write(payload, new RunContext(number, facts)));
        foreach (var answer in RecordedJournal.Answers)
            Add(written, payload => JournalRecord.Write(payload, answer));
        foreach (var retry in RecordedJournal.Retries)
            Add(written, payload => JournalRecord.Write(payload, retry));

        CollectionAssert.AreEqual(bytes[header..], written.WrittenSpan.ToArray());
    }

    [TestMethod]
    public void Open_JournalOfBeforeThePackage_IsContinued()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("journal"));
        var path = JournalAnswers.File(folder.Path);
        File.Copy(Recorded, path);
        new JournalFolder(folder.Path).WriteOwner(1, RunOwner.Create(1));
        using (var journal = RunJournal.Open(folder.Path, RecordedJournal.RunId))
        {
            Assert.IsTrue(journal.IsContinued);
            Assert.AreEqual(0, journal.CutBytes);
            Assert.AreEqual(1, journal.AddContext(RecordedJournal.Contexts[1]), "the same facts are not entered again");
            journal.Append(JournalAnswers.Make(1, context: 1));
        }

        CollectionAssert.AreEqual(File.ReadAllBytes(Recorded), File.ReadAllBytes(path)[..(int)new FileInfo(Recorded).Length]);
        using var reader = new JournalReader(path);
        JournalAnswers.AreEqual(JournalAnswers.Make(1, context: 1), reader.Answers().Last().Answer);
        Assert.AreEqual("gemma", reader.Context(1).Facts["model"]);
    }

    [TestMethod]
    public void Write_HalfOfASurrogatePair_IsTheReplacementCharacter()
    {
        var payload = new ArrayBufferWriter<byte>();
        JournalRecord.Write(payload, JournalAnswers.Make(1) with { Text = "a\uD800b" });

        Assert.AreEqual("a\uFFFDb", JournalRecord.Answer(payload.WrittenMemory, 0).Text);
    }

    private static void Add(ArrayBufferWriter<byte> records, Action<ArrayBufferWriter<byte>> write)
    {
        var payload = new ArrayBufferWriter<byte>();
        write(payload);
        JournalFrame.Write(records, payload.WrittenSpan);
    }

    private static string Json(ReadOnlySequence<byte> value) => MessagePackSerializer.ConvertToJson(value);

    /// <summary>The payload of the next record, after its checksum, which is computed bit by bit.</summary>
    private static byte[] Payload(ref MessagePackReader reader)
    {
        Assert.AreEqual(2, reader.ReadArrayHeader());
        uint checksum = reader.ReadUInt32();
        var payload = reader.ReadBytes()!.Value.ToArray();
        uint crc = ~0u;
        foreach (byte value in payload)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
        }

        Assert.AreEqual(~crc, checksum);
        return payload;
    }

    private static JsonElement Expected(JournalAnswer answer)
    {
        var key = new byte[RowKey.Bytes];
        answer.Key.CopyTo(key);
        return JsonSerializer.SerializeToElement(new object?[]
        {
            2, Convert.ToBase64String(key), answer.Side == SynthesisSide.Positive ? 0 : 1, answer.Sample, answer.Attempt, answer.Context,
            answer.Finish.ToString().ToLower(CultureInfo.InvariantCulture),
            answer.Reason is { } reason ? RejectionReasons.Name(reason) : null,
            answer.PromptTokens, answer.Tokens, answer.Milliseconds, answer.Text, answer.RawText, answer.Repairs, answer.Detail,
        });
    }
}
