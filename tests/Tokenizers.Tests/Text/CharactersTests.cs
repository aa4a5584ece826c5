using System.Text.RegularExpressions;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Tables of character classes against the definitions that they were made from.</summary>
[TestClass]
public sealed class CharactersTests
{
    [TestMethod]
    [DataRow(@"\p{L}")]
    [DataRow(@"\p{N}")]
    [DataRow(@"\s")]
    public void IsClass_EveryCharacterOfTheBasicPlane_IsThatOfTheExpression(string expression)
    {
        Func<int, bool> belongs = expression switch
        {
            @"\p{L}" => Characters.IsLetter,
            @"\p{N}" => Characters.IsNumber,
            _ => Characters.IsSpace,
        };
        var wrong = Enumerable.Range(0, 0x10000).Where(c => !char.IsSurrogate((char)c))
            .Where(c => belongs(c) != Regex.IsMatch(((char)c).ToString(), expression, RegexOptions.CultureInvariant));

        Assert.IsEmpty(wrong.Select(c => $"U+{c:X4}"));
    }

    [TestMethod]
    [DataRow("a", 0, 'a', 1)]
    [DataRow("é", 0, 0xE9, 1)]
    [DataRow("😀x", 0, 0x1F600, 2)]
    [DataRow("x😀", 1, 0x1F600, 2)]
    [DataRow("😀", 1, 0xDE00, 1)]
    public void At_PlaceOfAText_IsTheCodePointAndItsWidth(string text, int index, int codePoint, int width)
    {
        Assert.AreEqual(codePoint, Characters.At(text, index, out var actual));
        Assert.AreEqual(width, actual);
    }

    [TestMethod]
    [DataRow(0x166D, true, DisplayName = "a symbol since Unicode 12")]
    [DataRow(0x111C9, true, DisplayName = "a mark since Unicode 11")]
    [DataRow(0x2E43, false, DisplayName = "punctuation that is newer than the reference's tables")]
    [DataRow('$', true)]
    [DataRow('^', true)]
    [DataRow('a', false)]
    [DataRow(0x3002, true)]
    [DataRow(0x20AC, false, DisplayName = "a symbol beyond ASCII")]
    public void IsPunctuation_WhereTablesDiffer_IsThatOfTheReference(int codePoint, bool expected) =>
        Assert.AreEqual(expected, Characters.IsPunctuation(codePoint));

    [TestMethod]
    public void Replace_HalvesOfPairs_BecomeReplacementCharacters()
    {
        foreach (var (text, expected, first) in ((string, string, int)[])
        [
            ("", "", -1), ("a😀b", "a😀b", -1), ("\uD83D", "\uFFFD", 0), ("a\uDE00", "a\uFFFD", 1), ("\uD83D\uD83D\uDE00", "\uFFFD😀", 0),
            ("😀\uDE00", "😀\uFFFD", 2), ("\uD83Da", "\uFFFDa", 0),
        ])
        {
            var characters = text.ToCharArray();
            Assert.AreEqual(first, LoneSurrogates.IndexOf(text));
            LoneSurrogates.Replace(characters);
            Assert.AreEqual(expected, new string(characters));
        }
    }
}
