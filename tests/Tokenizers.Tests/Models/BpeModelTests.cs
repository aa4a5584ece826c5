using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Byte-pair encoding that cuts, caches and merges with a heap, against the one that is explained in papers.</summary>
[TestClass]
public sealed class BpeModelTests
{
    private const int Cases = 1500;
    private const string Letters = "abcd";

    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")];

    // Which two pieces merge: places in the vocabulary as it has grown so far.
    private static readonly Gen<(int, int)[]> Pairs = Gen.Select(Gen.Int[0, 999], Gen.Int[0, 999]).Array[0, 25];

    // x, é and 😀 are no pieces.
    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "c", "d", "a", "b", "c", "d", "x", "é", "😀").Array[0, 60]
        .Select(letters => string.Concat(letters));

    [TestMethod]
    public void Tokenize_RandomMerges_AreThoseOfTheNaiveAlgorithm() =>
        Gen.Select(Pairs, Text, Gen.Int[0, 4], Gen.Bool).Sample(
            (pairs, text, unknowns, ignoreMerges) =>
            {
                var (unknown, fuse, fallback) = unknowns switch
                {
                    0 => (BpeSettings.NoUnknown, false, false),
                    1 => (0, false, false),
                    2 => (0, true, false),
                    3 => (0, true, true),
                    _ => (BpeSettings.NoUnknown, false, true),
                };
                var settings = new BpeSettings(unknown, fuse, fallback, ignoreMerges, "", "");
                AssertNaive(["<unk>", .. Letters.Select(c => c.ToString()), .. fallback ? Bytes : []], pairs, text, settings);
            },
            iter: Cases);

    [TestMethod]
    public void Tokenize_RandomMergesOfMarkedPieces_AreThoseOfTheNaiveAlgorithm() =>
        Gen.Select(Pairs, Text, Gen.Bool, Gen.Bool).Sample(
            (pairs, text, prefixed, suffixed) =>
            {
                var (prefix, suffix) = (prefixed ? "##" : "", suffixed ? "</w>" : "");
                var letters = Letters.SelectMany(c => (string[])[$"{c}", $"{prefix}{c}", $"{c}{suffix}", $"{prefix}{c}{suffix}"])
                    .Distinct();
                AssertNaive(["<unk>", .. letters], pairs, text, new BpeSettings(0, false, false, false, prefix, suffix));
            },
            iter: Cases);

    [TestMethod]
    public void Tokenize_LongRuns_MergeAsTheNaiveAlgorithmDoes() =>
        Gen.Select(Pairs, Gen.Int[0, 300], Gen.Int[0, 3]).Sample(
            (pairs, length, letter) => AssertNaive(
                ["<unk>", "a", "b", "c", "d"], [(1, 1), (5, 5), .. pairs], new string(Letters[letter], length) + "abab",
                new BpeSettings(0, false, false, false, "", "")),
            iter: Cases / 10);

    [TestMethod]
    public void Tokenize_CharacterWithoutAnySymbol_BringsItsNeighboursTogether()
    {
        // As the reference does: no symbol, no barrier.
        var model = Model(["a", "b", "ab"], [new BpeMerge("a", "b")], new BpeSettings(BpeSettings.NoUnknown, false, false, false, "", ""));

        CollectionAssert.AreEqual(new[] { new PieceToken(2, 0, 3) }, ModelRun.Tokenize(model, "axb", new ModelScratch()));
        CollectionAssert.AreEqual(new[] { new PieceToken(2, 0, 4) }, ModelRun.Tokenize(model, "a😀b", new ModelScratch()));
        Assert.IsEmpty(ModelRun.Tokenize(model, "xxx", new ModelScratch()));
    }

    [TestMethod]
    public void Tokenize_EqualPairs_TheLeftmostMergesFirst()
    {
        var model = Model(["a", "aa"], [new BpeMerge("a", "a")], new BpeSettings(BpeSettings.NoUnknown, false, false, false, "", ""));

        CollectionAssert.AreEqual(
            new[] { new PieceToken(1, 0, 2), new PieceToken(0, 2, 3) }, ModelRun.Tokenize(model, "aaa", new ModelScratch()));
    }

    [TestMethod]
    public void Tokenize_OnlySomeBytesArePieces_FallsBackToTheUnknownOne()
    {
        var settings = new BpeSettings(0, true, true, false, "", "");
        string[] pieces = ["<unk>", "a", "<0xC3>"];
        var model = Model(pieces, [], settings);

        CollectionAssert.AreEqual(new[] { 1, 0, 1 }, ModelRun.Tokenize(model, "aéa", new ModelScratch()).Select(t => t.Id).ToArray());
    }

    [TestMethod]
    public void Constructor_MergeOfAPieceThatIsNotThere_NamesItAndItsRank()
    {
        var settings = new BpeSettings(BpeSettings.NoUnknown, false, false, false, "", "");

        var e = Assert.ThrowsExactly<InvalidDataException>(
            () => Model(["a", "b", "ab"], [new BpeMerge("a", "b"), new BpeMerge("ab", "b")], settings));

        StringAssert.Contains(e.Message, "merges[1] needs the piece 'abb', which the vocabulary of 3 pieces has not");
    }

    private static void AssertNaive(List<string> pieces, (int, int)[] pairs, string text, BpeSettings settings)
    {
        var merges = new List<BpeMerge>();
        foreach (var (i, j) in pairs)
        {
            var (left, right) = (pieces[i % pieces.Count], pieces[j % pieces.Count]);
            if (!CanMerge(left, right, settings) || merges.Contains(new BpeMerge(left, right)))
                continue;
            merges.Add(new BpeMerge(left, right));
            var merged = left + right[settings.ContinuingPrefix.Length..];
            if (!pieces.Contains(merged))
                pieces.Add(merged);
        }

        var expected = new NaiveBpe(pieces, merges, settings).Tokenize(text);
        var actual = ModelRun.Tokenize(Model(pieces, merges, settings), text, new ModelScratch());

        CollectionAssert.AreEqual(expected, actual, $"'{text}' with {string.Join(", ", merges)}");
    }

    /// <summary>What a trainer would merge: text, a continuing piece on the right, nothing behind the end of a word.</summary>
    private static bool CanMerge(string left, string right, BpeSettings settings) =>
        !left.StartsWith('<') && !right.StartsWith('<') && left.Length + right.Length <= 16
        && right.StartsWith(settings.ContinuingPrefix, StringComparison.Ordinal)
        && (settings.EndOfWordSuffix.Length == 0 || !left.EndsWith(settings.EndOfWordSuffix, StringComparison.Ordinal));

    private static BpeModel Model(IReadOnlyList<string> pieces, IReadOnlyList<BpeMerge> merges, BpeSettings settings) =>
        new(ModelRun.Vocabulary(pieces), merges, settings);
}
