using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class CleanCutsTests
{
    [TestMethod]
    [DataRow("0-1 1-2 2-3", 3, 3, 3, DisplayName = "all of them")]
    [DataRow("0-1 1-2 2-3", 2, 2, 2)]
    [DataRow("0-1 1-2 2-3", 0, 0, 0)]
    [DataRow("0-1 1-3 1-3 3-4", 2, 1, 1, DisplayName = "within a character")]
    [DataRow("0-1 1-3 1-3 3-4", 3, 3, 3)]
    [DataRow("0-2 0-2", 1, 0, 0, DisplayName = "within the first character")]
    [DataRow("1-2 4-5", 1, 1, 2, DisplayName = "what lies between belongs to the rest")]
    [DataRow("0-1 2-3 1-2 3-4", 2, 1, 1, DisplayName = "marks that were put in order")]
    [DataRow("0-1 2-3 1-2 3-4", 3, 3, 3)]
    public void Before_Ranges_PartsNoCharacter(string ranges, int most, int count, int end) =>
        Assert.AreEqual((count, end), CleanCuts.Before(Parse(ranges), most));

    [TestMethod]
    public void Before_RandomRanges_IsTheLastCutThatPartsNothing() =>
        Gen.Select(Gen.Select(Gen.Int[0, 12], Gen.Int[1, 3]).Array[0, 12], Gen.Int[0, 12]).Sample((entries, most) =>
        {
            var offsets = entries.Select(e => (Start: e.Item1, End: e.Item1 + e.Item2)).ToArray();
            most = Math.Min(most, offsets.Length);
            var cuts = Enumerable.Range(1, most).Where(cut =>
                offsets[..cut].Max(o => o.End) <= offsets[cut..].Select(o => o.Start).Append(99).Min());
            var expected = cuts.Any() ? (cuts.Max(), offsets[..cuts.Max()].Max(o => o.End)) : (0, 0);

            Assert.AreEqual(expected, CleanCuts.Before(offsets, most));
        });

    private static (int Start, int End)[] Parse(string ranges) =>
        [.. ranges.Split(' ').Select(range => range.Split('-')).Select(r => (int.Parse(r[0], null), int.Parse(r[1], null)))];
}
