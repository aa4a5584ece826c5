using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>The matcher on a trie, against one that tries every token at every place; and what its switches do.</summary>
[TestClass]
public sealed class AddedTokenMatcherTests
{
    private const int Cases = 3000;

    private static readonly Gen<string> Content = Gen.OneOf("a", "b", "<", "é", "😀", " ").Array[1, 3]
        .Select(parts => string.Concat(parts));

    private static readonly Gen<AddedToken> Token = Gen.Select(Content, Gen.Int[0, 7]).Select((content, switches) =>
        new AddedToken(0, content, (switches & 1) != 0, (switches & 2) != 0, (switches & 4) != 0, false, false));

    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "<", "é", "😀", " ", "\n", ".", "_").Array[0, 24]
        .Select(parts => string.Concat(parts));

    [TestMethod]
    public void Next_RandomTokens_FindsThoseOfTheNaiveSearch() =>
        Gen.Select(Token.Array[1, 5], Text).Sample(
            (tokens, text) =>
            {
                tokens = [.. tokens.DistinctBy(t => t.Content).Select((token, id) => token with { Id = id })];

                CollectionAssert.AreEqual(
                    Naive(tokens, text), Found(tokens, text), $"'{text}' with {string.Join<AddedToken>(", ", tokens)}");
            },
            iter: Cases);

    [TestMethod]
    [DataRow("xx", "0-2", DisplayName = "the longest of the leftmost")]
    [DataRow("xxx", "0-3")]
    [DataRow("xxxx", "0-3")]
    [DataRow("axxb", "1-3")]
    [DataRow("", "")]
    [DataRow("ax", "")]
    public void Next_TokensWithACommonBeginning_TakesTheLongest(string text, string expected) =>
        Assert.AreEqual(expected, Ranges([Plain("xx"), Plain("xxx")], text));

    [TestMethod]
    [DataRow("a", "0-1")]
    [DataRow("ab", "")]
    [DataRow("1a", "")]
    [DataRow("_a", "")]
    [DataRow("é a", "2-3")]
    [DataRow("(a)", "1-2")]
    [DataRow("a\u0301", "", DisplayName = "a mark belongs to the word")]
    [DataRow("a\u200D", "", DisplayName = "a joiner does, too")]
    [DataRow("𝐱a", "", DisplayName = "a letter of two UTF-16 units")]
    [DataRow("😀a", "2-3")]
    public void Next_SingleWord_WantsNoWordCharacterBesideIt(string text, string expected) =>
        Assert.AreEqual(expected, Ranges([Plain("a") with { SingleWord = true }], text));

    [TestMethod]
    [DataRow("x  a  y", true, false, "1-4")]
    [DataRow("x  a  y", false, true, "3-6")]
    [DataRow("x  a  y", true, true, "1-6")]
    [DataRow("\u3000a\u2028", true, true, "0-3")]
    [DataRow("a a", true, true, "0-2 2-3", DisplayName = "white space is taken once")]
    public void Next_Strip_TakesInWhiteSpace(string text, bool left, bool right, string expected) =>
        Assert.AreEqual(expected, Ranges([Plain("a") with { LeftStrip = left, RightStrip = right }], text));

    [TestMethod]
    public void Next_TokenWithinTheSpaceThatAnotherTookIn_IsFoundAsInTheReference()
    {
        AddedToken[] tokens = [Plain("a") with { RightStrip = true }, Plain("\n")];

        Assert.AreEqual("0-4 2-3", Ranges(tokens, "a \n b"));
    }

    private static AddedToken Plain(string content) => new(0, content, false, false, false, false, false);

    private static string Ranges(AddedToken[] tokens, string text) =>
        string.Join(' ', Found(tokens, text).Select(found => $"{found.Start}-{found.End}"));

    private static (int Id, int Start, int End)[] Found(AddedToken[] tokens, string text)
    {
        var matcher = new AddedTokenMatcher([.. tokens.Select(token => (token, token.Content))]);
        var cursor = default(AddedTokenCursor);
        var found = new List<(int, int, int)>();
        while (matcher.Next(text, ref cursor, out var start, out var end) is { } token)
            found.Add((token.Id, start, end));
        return [.. found];
    }

    /// <summary>First every match by itself, left to right without overlap; then what its switches make of it.</summary>
    private static (int Id, int Start, int End)[] Naive(AddedToken[] tokens, string text)
    {
        var found = new List<(int, int, int)>();
        var taken = 0;
        for (var at = 0; at < text.Length;)
        {
            var token = tokens.Where(t => text[at..].StartsWith(t.Content, StringComparison.Ordinal)).MaxBy(t => t.Content.Length);
            if (token is null)
            {
                at++;
                continue;
            }
            var (start, end) = (at, at + token.Content.Length);
            at = end;
            if (token.SingleWord && (IsWordBefore(text, start) || IsWordAt(text, end)))
                continue;
            if (token.RightStrip)
                end = text.Length - text[end..].TrimStart().Length;
            if (token.LeftStrip)
                start = Math.Min(Math.Max(text[..start].TrimEnd().Length, taken), end);
            found.Add((token.Id, start, end));
            taken = end;
        }
        return [.. found];
    }

    private static bool IsWordBefore(string text, int end) =>
        end > 0 && IsWordAt(text, end > 1 && char.IsSurrogatePair(text, end - 2) ? end - 2 : end - 1);

    private static bool IsWordAt(string text, int at) => at < text.Length && (char.IsLetterOrDigit(text, at) || text[at] == '_');
}
