using System.Security.Cryptography;
using System.Text;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class RowKeyTests
{
    [TestMethod]
    [DataRow("", 0L)]
    [DataRow("The cat sleeps.", 0L)]
    [DataRow("Kyanwa tana barci — ƙ 𝒳", 3L)]
    public void Of_AnchorAndOccurrence_IsSha256OfTheBytesThatTheFormatNames(string anchor, long occurrence)
    {
        byte[] hashed = [.. Encoding.UTF8.GetBytes(anchor), 0, .. BitConverter.GetBytes(occurrence)];
        var expected = Convert.ToHexStringLower(SHA256.HashData(hashed))[..32];

        Assert.AreEqual(expected, RowKey.Of(anchor, occurrence).ToString());
    }

    [TestMethod]
    [DataRow(1000)]
    [DataRow(1362)]
    [DataRow(1363)]
    [DataRow(100_000)]
    public void Of_LongAnchor_IsTheSameRule(int length)
    {
        var anchor = new string('ƙ', length);
        byte[] hashed = [.. Encoding.UTF8.GetBytes(anchor), .. new byte[9]];

        Assert.AreEqual(Convert.ToHexStringLower(SHA256.HashData(hashed))[..32], RowKey.Of(anchor).ToString());
    }

    [TestMethod]
    public void Of_ShortAnchor_AllocatesNothing()
    {
        var anchor = new string('a', 1000);
        RowKey.Of(anchor);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            RowKey.Of(anchor, i);

        Assert.AreEqual(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [TestMethod]
    public void Parse_WhatToStringGives_IsTheSameKey()
    {
        var key = RowKey.Of("anchor", 5);
        var bytes = new byte[RowKey.Bytes];
        key.CopyTo(bytes);

        Assert.AreEqual(key, RowKey.Parse(key.ToString()));
        Assert.AreEqual(key, new RowKey(bytes));
        Assert.AreEqual(Convert.ToHexStringLower(bytes), key.ToString());
        Assert.ThrowsExactly<FormatException>(() => RowKey.Parse("abc"));
        Assert.ThrowsExactly<FormatException>(() => RowKey.Parse(new string('g', 32)));
    }

    [TestMethod]
    public void CompareTo_Keys_IsTheOrderOfTheirDigits()
    {
        var keys = Enumerable.Range(0, 200).Select(i => RowKey.Of("a", i)).ToArray();

        CollectionAssert.AreEqual(
            keys.OrderBy(k => k.ToString(), StringComparer.Ordinal).ToArray(), keys.Order().ToArray());
    }

    // These numbers seed the random streams of every run: another rule would make other texts of the same run.
    [TestMethod]
    [DataRow("anchor", 0L, SynthesisSide.Positive, 0, 8276144553877196376L)]
    [DataRow("anchor", 0L, SynthesisSide.Negative, 0, 7420359229707616447L)]
    [DataRow("anchor", 1L, SynthesisSide.Positive, 7, 548824671055629479L)]
    public void RequestId_KnownRow_HasNotChanged(string anchor, long occurrence, SynthesisSide side, int sample, long expected) =>
        Assert.AreEqual(expected, RowKey.Of(anchor, occurrence).RequestId(side, sample));

    [TestMethod]
    public void RequestId_ManyRowsSidesAndSamples_AreNonNegativeAndDifferent()
    {
        HashSet<long> seen = [];
        for (int row = 0; row < 2000; row++)
        {
            for (int sample = 0; sample < 8; sample++)
            {
                long positive = RowKey.Of("a", row).RequestId(SynthesisSide.Positive, sample);
                long negative = RowKey.Of("a", row).RequestId(SynthesisSide.Negative, sample);
                Assert.IsTrue(positive >= 0 && negative >= 0 && seen.Add(positive) && seen.Add(negative));
            }
        }
    }
}
