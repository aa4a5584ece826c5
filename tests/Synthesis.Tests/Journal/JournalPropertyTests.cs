using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

/// <summary>What holds of any journal: nothing that was written is lost or changed, and damage is never taken for an answer.</summary>
[TestClass]
public sealed class JournalPropertyTests
{
    /// <summary>A share of something whose length is not known yet.</summary>
    private static readonly Gen<double> Share = Gen.Double[0, 0.999999];

    [TestMethod]
    public void Append_AnyRecordsInAnySittings_AreReadBack() =>
        Gen.Select(JournalGen.Entries, Gen.Int[1, 4]).Sample((entries, sittings) =>
        {
            using var folder = new TemporaryFolder();

            var written = JournalGen.Write(folder.Path, entries, sittings);

            var path = JournalAnswers.File(folder.Path);
            JournalGen.AreEqual(written, JournalGen.Read(path));
            using var reader = new JournalReader(path);
            foreach (var (offset, answer) in reader.Answers())
                CollectionAssert.AreEquivalent(
                    JournalGen.Contexts[entries[Index(written, answer)].Answer!.Value.Context].ToArray(),
                    reader.Context(answer.Context).Facts.ToArray(), $"byte {offset}");
        });

    [TestMethod]
    public void Scan_FromTheEndOfAnyRecord_GivesTheOthers() =>
        Gen.Select(JournalGen.Entries, Share).Sample((entries, share) =>
        {
            using var folder = new TemporaryFolder();
            var written = JournalGen.Write(folder.Path, entries);
            var places = JournalGen.Places(JournalAnswers.File(folder.Path));
            int first = (int)(share * places.Length) + 1;
            using var reader = new JournalReader(JournalAnswers.File(folder.Path));

            var marks = reader.Scan(places[first - 1].End).ToArray();

            CollectionAssert.AreEqual(written[first..].Select(e => e.Answer?.Key ?? e.Retry!.Value.Key).ToArray(),
                marks.Select(m => m.Key).ToArray());
            foreach (var mark in marks.Where(m => !m.IsRetry))
                Assert.IsNotNull(reader.Context(mark.Context), "contexts before the place where a scan began are found too");
        });

    [TestMethod]
    public void Open_CutAnywhereWithAnyTail_KeepsTheWholeRecordsAndGoesOn() =>
        Gen.Select(JournalGen.Entries, Share, Gen.Byte.Array[0, 30], JournalGen.Entries).Sample((entries, share, tail, more) =>
        {
            using var folder = new TemporaryFolder();
            var written = JournalGen.Write(folder.Path, entries);
            var path = JournalAnswers.File(folder.Path);
            var bytes = File.ReadAllBytes(path);
            var places = JournalGen.Places(path);
            int header = JournalHeader.Write(JournalAnswers.RunId).Length;
            int cut = (int)(share * (bytes.Length + 1));
            int whole = places.Count(p => p.End <= cut);
            // what a process leaves that dies within a write ends there; only behind the header may a disk leave more
            File.WriteAllBytes(path, [.. bytes[..cut], .. cut < header ? [] : tail]);

            JournalGen.AreEqual(written[..whole], JournalGen.Read(path));
            var added = JournalGen.Write(folder.Path, more);

            JournalGen.AreEqual([.. written[..whole], .. added], JournalGen.Read(path));
            Assert.HasCount(1, new JournalFolder(folder.Path).Numbers());
        });

    [TestMethod]
    public void Scan_OneByteChanged_IsRefusedOrATornTail() =>
        Gen.Select(JournalGen.Entries, Share, Gen.Byte[1, 255]).Sample((entries, share, change) =>
        {
            using var folder = new TemporaryFolder();
            var written = JournalGen.Write(folder.Path, entries);
            var path = JournalAnswers.File(folder.Path);
            var bytes = File.ReadAllBytes(path);
            var places = JournalGen.Places(path);
            int header = JournalHeader.Write(JournalAnswers.RunId).Length;
            int at = header + (int)(share * (bytes.Length - header));
            bytes[at] ^= change;
            File.WriteAllBytes(path, bytes);
            int whole = places.Count(p => p.End <= at);
            bool isLast = at >= places[^1].Start;

            List<JournalMark> seen = [];
            using var reader = new JournalReader(path);
            var failure = Scan(reader, seen);

            Assert.HasCount(whole, seen, "what stands before the damage is read");
            JournalGen.AreEqual(written[..whole], [.. seen.Select(m => JournalGen.At(reader, m))]);
            Assert.AreEqual(!isLast, failure is not null);
            if (failure is not null)
            {
                StringAssert.Contains(failure.Message, $"'{path}' is damaged");
                Assert.ThrowsExactly<InvalidDataException>(() => RunJournal.Open(folder.Path, JournalAnswers.RunId));
                CollectionAssert.AreEqual(bytes, File.ReadAllBytes(path), "nothing of it is cut off");
            }
        });

    [TestMethod]
    public void Scan_AnyStretchLostZeroedOrMadeUp_GivesNoRecordThatWasNeverWritten() =>
        Gen.Select(JournalGen.Entries, Share, Share, Gen.Byte.Array[0, 40], Gen.Int[0, 2]).Sample((entries, from, share, noise, kind) =>
        {
            using var folder = new TemporaryFolder();
            var written = JournalGen.Write(folder.Path, entries);
            var path = JournalAnswers.File(folder.Path);
            var bytes = File.ReadAllBytes(path);
            int header = JournalHeader.Write(JournalAnswers.RunId).Length;
            int start = header + (int)(from * (bytes.Length - header));
            int end = start + (int)(share * (bytes.Length - start));
            byte[] stretch = kind switch { 0 => [], 1 => new byte[end - start], _ => noise };
            File.WriteAllBytes(path, [.. bytes[..start], .. stretch, .. bytes[end..]]);

            List<JournalMark> seen = [];
            using var reader = new JournalReader(path);
            Scan(reader, seen);

            int next = 0;
            foreach (var mark in seen)
            {
                var entry = JournalGen.At(reader, mark);
                int found = Array.FindIndex(written, next, e => JournalGen.IsSame(e, entry));
                Assert.IsGreaterThanOrEqualTo(next, found, $"{entry} was not written, or not after what was read before it");
                next = found + 1;
            }
        });

    private static int Index(JournalEntry[] written, JournalAnswer answer) =>
        Array.FindIndex(written, e => JournalGen.IsSame(e, new JournalEntry(answer, null)));

    /// <returns>What ended it; what came before is in the list.</returns>
    private static InvalidDataException? Scan(JournalReader reader, List<JournalMark> seen)
    {
        try
        {
            foreach (var mark in reader.Scan())
                seen.Add(mark);
            return null;
        }
        catch (InvalidDataException e)
        {
            return e;
        }
    }
}
