using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

[TestClass]
public sealed class DecodedBeginningTests
{
    [TestMethod]
    [DataRow(0, 0, 0)]
    [DataRow(1, 1, 1)]
    [DataRow(2, 1, 1, DisplayName = "the second id does not fit")]
    [DataRow(3, 2, 3)]
    [DataRow(4, 2, 3)]
    public void Find_PlainPieces_TakesThoseThatFit(int room, int ids, int length) =>
        Assert.AreEqual((ids, length), DecodedBeginning.Find([0, 1, 2], "abbccc", room, Decode("a", "bb", "ccc")));

    [TestMethod]
    public void Find_IdsWithoutText_AreTakenAlong() =>
        Assert.AreEqual((4, 1), DecodedBeginning.Find([0, 1, 1, 1, 2], "abb", 2, Decode("a", "", "bb")));

    [TestMethod]
    public void Find_HalfACharacter_IsLeft()
    {
        // Two ids are one character; alone the first is U+FFFD, which the text has not.
        static string Halves(ReadOnlySpan<int> ids) => new string('é', ids.Length / 2) + (ids.Length % 2 == 0 ? "" : "\uFFFD");

        Assert.AreEqual((4, 2), DecodedBeginning.Find([0, 1, 0, 1, 0, 1], "ééé", 2, Halves));
        Assert.AreEqual((0, 0), DecodedBeginning.Find([0, 1], "é", 0, Halves));
    }

    [TestMethod]
    public void Find_RandomPieces_IsTheLongestThatFits() =>
        Gen.Select(Gen.Int[0, 3].Array[1, 12], Gen.Int[0, 20]).Sample((ids, room) =>
        {
            var decode = Decode("", "a", "bb", "ccc");
            var text = decode(ids);
            if (room >= text.Length)
                return;
            var expected = Enumerable.Range(0, ids.Length + 1).Last(count => decode(ids.AsSpan(0, count)).Length <= room);

            Assert.AreEqual((expected, decode(ids.AsSpan(0, expected)).Length), DecodedBeginning.Find(ids, text, room, decode));
        });

    private static Func<ReadOnlySpan<int>, string> Decode(params string[] pieces) => ids =>
    {
        var text = "";
        foreach (var id in ids)
            text += pieces[id];
        return text;
    };
}
