using CsCheck;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RunTableTests
{
    private static readonly Gen<AnswerPlace> Place = Gen.Select(
        Gen.Enum<SentenceStatus>(), Gen.Int[0, 3], Gen.Int[1, 3], Gen.Long[0, 5], Gen.Bool,
        (status, attempt, file, offset, ofPair) => new AnswerPlace(status, attempt, file, offset, ofPair));

    /// <summary>Records of a few sentences, so that many are about the same one.</summary>
    private static readonly Gen<Record[]> Records = Gen.Select(
        Gen.Int[0, 4], Gen.Int[0, 1], Gen.Enum<SynthesisSide>(), Place,
        (anchor, sample, side, place) => new Record(RowKey.Of($"anchor {anchor}"), sample, side, place)).Array[0, 60]
        // a place of a file holds one record
        .Select(records => records.DistinctBy(r => (r.Place.File, r.Place.Offset)).ToArray());

    [TestMethod]
    public void Add_AnyOrder_GivesTheSameTable() =>
        Records.SelectMany(r => Gen.Shuffle(r).Select(s => (r, s))).Sample((inOrder, shuffled) =>
        {
            var (table, other) = (Fill(inOrder), Fill(shuffled));

            Assert.AreEqual(table.Count, other.Count);
            Assert.AreEqual(table.OpenSentences, other.OpenSentences);
            foreach (var r in inOrder)
                Assert.AreEqual(table[r.Key, r.Sample, r.Side], other[r.Key, r.Sample, r.Side]);
        }, iter: 1000);

    [TestMethod]
    public void Add_AnyRecords_KeepsOfEachSentenceTheOneThatTheRulesName() =>
        Records.Sample(records =>
        {
            var table = Fill(records);

            // the rules in other words: the last attempt, an answer before an opening, a verdict about the pair, the first in the files
            var expected = records.GroupBy(r => (r.Key, r.Sample, r.Side)).ToDictionary(g => g.Key, g => g
                .OrderByDescending(r => r.Place.Attempt).ThenBy(r => r.Place.Status == SentenceStatus.Open)
                .ThenByDescending(r => r.Place.OfPair).ThenBy(r => r.Place.File).ThenBy(r => r.Place.Offset).First().Place);
            Assert.AreEqual(expected.Keys.Select(k => (k.Key, k.Sample)).Distinct().Count(), table.Count);
            Assert.AreEqual(expected.Values.Count(p => p.Status == SentenceStatus.Open), table.OpenSentences);
            foreach (var (key, place) in expected)
                Assert.AreEqual(place, table[key.Key, key.Sample, key.Side]);
            Assert.IsNull(table[RowKey.Of("another"), 0, SynthesisSide.Positive]);
        }, iter: 1000);

    [TestMethod]
    public void StandsOver_AnyPlaces_IsAnOrder() =>
        Gen.Select(Place, Place, Place).Sample((a, b, c) =>
        {
            bool isSame = a with { Status = 0 } == b with { Status = 0 }
                && (a.Status == SentenceStatus.Open) == (b.Status == SentenceStatus.Open);
            Assert.AreEqual(!isSame, a.StandsOver(b) != b.StandsOver(a), "one of two stands over the other");
            Assert.IsTrue(!(a.StandsOver(b) && b.StandsOver(c)) || a.StandsOver(c));
        }, iter: 10_000);

    [TestMethod]
    public void Pack_AnyPlaceWithinBounds_IsUnpacked() =>
        Gen.Select(Gen.Enum<SentenceStatus>(), Gen.Int[0, AnswerPlace.MaxAttempts], Gen.Int[0, AnswerPlace.MaxFiles],
            Gen.Long[0, AnswerPlace.MaxOffset], Gen.Bool).Sample((status, attempt, file, offset, ofPair) =>
            {
                var place = new AnswerPlace(status, attempt, file, offset, ofPair);
                Assert.AreEqual(place, AnswerPlace.Unpack(place.Pack()));
            }, iter: 10_000);

    [TestMethod]
    [DataRow(AnswerPlace.MaxAttempts + 1, 1, 1L, "attempt 2048")]
    [DataRow(0, AnswerPlace.MaxFiles + 1, 1L, "journal 4096")]
    [DataRow(0, 1, AnswerPlace.MaxOffset + 1, "byte 274877906944")]
    public void Add_PlaceThatCannotBeTold_IsRefusedAndNotTakenForAnother(int attempt, int file, long offset, string message)
    {
        var table = new RunTable(4);

        var e = Assert.ThrowsExactly<NotSupportedException>(() =>
            table.Add(RowKey.Of("a"), 0, SynthesisSide.Positive, new AnswerPlace(SentenceStatus.Accepted, attempt, file, offset)));

        StringAssert.Contains(e.Message, message);
        Assert.IsNull(table[RowKey.Of("a"), 0, SynthesisSide.Positive]);
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(5000)]
    public void Add_MoreThanAnnounced_GrowsAndKeepsAll(int announced)
    {
        var table = new RunTable(announced);
        for (int i = 0; i < 5000; i++)
            table.Add(RowKey.Of($"anchor {i / 2}"), i % 2, SynthesisSide.Negative, new(SentenceStatus.Accepted, 0, 1, i));

        Assert.AreEqual(5000, table.Count);
        for (int i = 0; i < 5000; i++)
        {
            Assert.AreEqual(i, table[RowKey.Of($"anchor {i / 2}"), i % 2, SynthesisSide.Negative]!.Value.Offset);
            Assert.IsNull(table[RowKey.Of($"anchor {i / 2}"), i % 2, SynthesisSide.Positive]);
        }
    }

    [TestMethod]
    public void Add_KeysThatFallOnOnePlace_AreToldApart()
    {
        // all want the last place of the table, so that they go on from its beginning; 0 is a key like any other
        var table = new RunTable(30);
        var keys = Enumerable.Range(0, 20).Select(i => Key((ulong)i, ulong.MaxValue)).Append(Key(0, 0)).ToArray();
        for (int i = 0; i < keys.Length; i++)
            table.Add(keys[i], 0, SynthesisSide.Positive, new(SentenceStatus.Rejected, 0, 1, i));

        for (int i = 0; i < keys.Length; i++)
            Assert.AreEqual(i, table[keys[i], 0, SynthesisSide.Positive]!.Value.Offset);
        Assert.IsNull(table[Key(20, ulong.MaxValue), 0, SynthesisSide.Positive]);
    }

    private static RowKey Key(ulong high, ulong low) =>
        new(Convert.FromHexString($"{high:X16}{low:X16}"));

    private static RunTable Fill(IEnumerable<Record> records)
    {
        var table = new RunTable(0);
        foreach (var r in records)
            table.Add(r.Key, r.Sample, r.Side, r.Place);
        return table;
    }

    private sealed record Record(RowKey Key, int Sample, SynthesisSide Side, AnswerPlace Place);
}
