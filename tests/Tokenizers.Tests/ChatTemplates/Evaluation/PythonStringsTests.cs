using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Python's methods of str: laws that hold for all texts, and cases at the edges.</summary>
[TestClass]
public sealed class PythonStringsTests
{
    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "A", " ", "\n", "\r", "\t", "é", "ß", "😀", "\u001C", "\u3000", "-")
        .Array[0, 16].Select(parts => string.Concat(parts));

    private static readonly Gen<string> Part = Gen.OneOf("a", "b", " ", "-", "😀").Array[1, 3].Select(parts => string.Concat(parts));

    [TestMethod]
    public void Split_BySeparator_JoinedIsTheTextAgain() =>
        Gen.Select(Text, Part, Gen.Int[-1, 4], Gen.Bool).Sample((text, separator, limit, fromRight) =>
        {
            var parts = Split(text, separator, limit, fromRight);

            Assert.AreEqual(text, string.Join(separator, parts));
            Assert.IsTrue(limit < 0 || parts.Length <= limit + 1);
            Assert.IsTrue(limit >= 0 || parts.All(p => !p.Contains(separator, StringComparison.Ordinal)));
        });

    [TestMethod]
    public void Split_ByWhiteSpace_GivesTheWords() =>
        Gen.Select(Text, Gen.Bool).Sample((text, fromRight) => CollectionAssert.AreEqual(
            new string([.. text.Select(c => PythonText.IsSpace(c) ? ' ' : c)]).Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Split(text, null, -1, fromRight),
            text));

    [TestMethod]
    [DataRow(" a b  c ", 1, false, "a|b  c ")]
    [DataRow(" a b  c ", 1, true, " a b|c")]
    [DataRow(" a b  c ", 0, false, "a b  c ")]
    [DataRow(" a b  c ", 0, true, " a b  c")]
    [DataRow(" a b  c ", 5, false, "a|b|c")]
    [DataRow("   ", 3, false, "")]
    [DataRow("", -1, false, "")]
    public void Split_ByWhiteSpaceWithALimit_LeavesTheRestAsItIs(string text, int limit, bool fromRight, string expected) =>
        Assert.AreEqual(expected, string.Join('|', Split(text, null, limit, fromRight)));

    [TestMethod]
    public void Strip_WhiteSpace_LeavesNoneAtTheEnds() =>
        Text.Sample(text =>
        {
            var stripped = PythonStrings.Strip(Run(), text, null, left: true, right: true);

            StringAssert.Contains(text, stripped);
            Assert.IsTrue(stripped.Length == 0 || !(PythonText.IsSpace(stripped[0]) || PythonText.IsSpace(stripped[^1])));
            Assert.AreEqual(
                stripped,
                PythonStrings.Strip(
                    Run(), PythonStrings.Strip(Run(), text, null, left: true, right: false), null, left: false, right: true));
        });

    [TestMethod]
    [DataRow("😀a😀", "😀", "a")]
    [DataRow("abcba", "ab", "c")]
    [DataRow("aaa", "a", "")]
    [DataRow("aba", "", "aba")]
    public void Strip_Characters_AreTakenOffBothEnds(string text, string characters, string expected) =>
        Assert.AreEqual(expected, PythonStrings.Strip(Run(), text, characters, left: true, right: true));

    [TestMethod]
    public void Strip_HalfOfAPair_DoesNotStripThePair() =>
        Assert.AreEqual("😀", PythonStrings.Strip(Run(), "😀", "\uD83D", left: true, right: true));

    [TestMethod]
    public void Replace_RandomTexts_IsWhatDotNetDoes() =>
        Gen.Select(Text, Part, Text).Sample((text, old, replacement) =>
        {
            Assert.AreEqual(
                text.Replace(old, replacement, StringComparison.Ordinal), PythonStrings.Replace(Run(), text, old, replacement, -1));
            Assert.AreEqual(text, PythonStrings.Replace(Run(), text, old, replacement, 0));
            Assert.AreEqual(PythonStrings.Count(Run(), text, old), text.Split(old).Length - 1);
        });

    [TestMethod]
    [DataRow("ab", "-", -1, "-a-b-")]
    [DataRow("ab", "-", 2, "-a-b")]
    [DataRow("", "-", -1, "-")]
    [DataRow("😀", "-", -1, "-😀-")]
    public void Replace_Nothing_InsertsBetweenCharacters(string text, string replacement, int count, string expected) =>
        Assert.AreEqual(expected, PythonStrings.Replace(Run(), text, "", replacement, count));

    [TestMethod]
    public void SplitLines_KeepingEnds_JoinedIsTheTextAgain() =>
        Text.Sample(text =>
        {
            var lines = Strings(PythonStrings.SplitLines(Run(), text, keepEnds: true));
            Assert.AreEqual(text, string.Concat(lines));
            Assert.HasCount(lines.Length, PythonStrings.SplitLines(Run(), text, keepEnds: false).Items);
        });

    [TestMethod]
    public void SplitLines_EveryLineBreakOfPython_EndsALine()
    {
        CollectionAssert.AreEqual(
            new[] { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "", "l" },
            Strings(PythonStrings.SplitLines(
                Run(), "a\nb\rc\r\nd\ve\ff\u001Cg\u001Dh\u001Ei\u0085j\u2028k\u2029\nl", keepEnds: false)));
        CollectionAssert.AreEqual(new[] { "a\u001Fb" }, Strings(PythonStrings.SplitLines(Run(), "a\u001Fb", keepEnds: false)));
    }

    [TestMethod]
    [DataRow("aXa", "a", 0)]
    [DataRow("😀b", "b", 1)]
    [DataRow("abc", "x", -1)]
    [DataRow("abc", "", 0)]
    public void Find_Part_IsCountedInCodePoints(string text, string part, int expected) =>
        Assert.AreEqual(expected, PythonStrings.Find(Run(), text, part));

    [TestMethod]
    [DataRow("upper", "aß İé", "ASS İÉ")]
    [DataRow("lower", "AẞÉ", "aßé")]
    [DataRow("capitalize", "éCOLE Ab", "École ab")]
    [DataRow("title", "it's 2nd a-b éCOLE", "It'S 2Nd A-B École")]
    public void ChangeCase_OfLetters_IsPythons(string name, string text, string expected) =>
        Assert.AreEqual(expected, PythonStrings.ChangeCase(text, name));

    [TestMethod]
    public void Lower_DottedCapital_BecomesTwoCharacters() => Assert.AreEqual("i\u0307", PythonStrings.ChangeCase("İ", "lower"));

    private static string[] Split(string text, string? separator, int limit, bool fromRight)
    {
        var arguments = new TemplateArguments([separator, (long)limit], new Dictionary<string, object?>());
        return Strings(PythonStrings.Split(Run(), text, arguments.Bind(Run(), "split()", "sep", "maxsplit"), fromRight));
    }

    private static string[] Strings(TemplateSequence sequence) => [.. sequence.Items.Cast<string>()];

    private static TemplateRun Run() => new(new TemplateSource("", "t"), new ChatTemplateLimits());
}
