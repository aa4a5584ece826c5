using System.Globalization;

namespace XlLoraOnnx.Synthesis.Tests;

[TestClass]
public sealed class AnchorOccurrencesTests
{
    [TestMethod]
    public void Next_SomeAnchorsAgain_CountsEachInOrder()
    {
        var occurrences = new AnchorOccurrences();
        var random = new Random(3);
        Dictionary<string, long> expected = [];
        for (int i = 0; i < 50_000; i++)
        {
            var anchor = random.Next(20_000).ToString(CultureInfo.InvariantCulture);
            long count = expected.GetValueOrDefault(anchor);
            expected[anchor] = count + 1;

            var key = occurrences.Next(anchor, out long occurrence);

            Assert.AreEqual(count, occurrence);
            Assert.AreEqual(RowKey.Of(anchor, count), key);
        }

        Assert.AreEqual(expected.Count, occurrences.Distinct);
    }

    [TestMethod]
    public void Next_AMillionAnchors_KeepsAtMost20Megabytes()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var occurrences = new AnchorOccurrences();
        Span<char> anchor = stackalloc char[16];
        for (int i = 0; i < 1_000_000; i++)
        {
            i.TryFormat(anchor, out int length, provider: CultureInfo.InvariantCulture);
            occurrences.Next(anchor[..length], out _);
        }

        long kept = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.AreEqual(1_000_000, occurrences.Distinct);
        Assert.IsLessThan(20_000_000, kept);
    }
}
