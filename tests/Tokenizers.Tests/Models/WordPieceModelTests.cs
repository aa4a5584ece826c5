using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>WordPiece on a trie, against trying every length from the longest down.</summary>
[TestClass]
public sealed class WordPieceModelTests
{
    private const int Cases = 3000;
    private const int MaxChars = 12;

    private static readonly Gen<string[]> Pieces = Gen.Select(
        Gen.Bool, Gen.OneOf("a", "b", "é", "😀").Array[1, 3].Select(letters => string.Concat(letters)))
        .Select((continues, piece) => (continues ? "##" : "") + piece).Array[0, 14];

    private static readonly Gen<string> Word = Gen.OneOf("a", "b", "a", "b", "é", "😀", "x").Array[1, 16]
        .Select(letters => string.Concat(letters));

    [TestMethod]
    public void Tokenize_RandomVocabularies_TakesThePiecesOfTheNaiveAlgorithm() =>
        Gen.Select(Pieces, Word).Sample(
            (entries, word) =>
            {
                string[] pieces = [.. entries.Prepend("[UNK]").Distinct()];

                var actual = ModelRun.Tokenize(Model(pieces, "##"), word, new ModelScratch());

                CollectionAssert.AreEqual(Naive(pieces, word), actual, $"'{word}' with {string.Join(", ", pieces)}");
            },
            iter: Cases);

    [TestMethod]
    [DataRow(12, 0)]
    [DataRow(13, 1)]
    public void Tokenize_LongWord_IsUnknownBeyondTheLimit(int length, int unknowns)
    {
        // Counted in characters: each of these has two UTF-16 units.
        var word = string.Concat(Enumerable.Repeat("😀", length));

        var tokens = ModelRun.Tokenize(Model(["[UNK]", "😀", "##😀"], "##"), word, new ModelScratch());

        Assert.AreEqual(unknowns, tokens.Count(t => t.Id == 0));
        Assert.AreEqual(word.Length, tokens[^1].End);
    }

    [TestMethod]
    public void Tokenize_PrefixThatNoPieceHas_OnlyWholeWordsAreKnown()
    {
        var model = Model(["[UNK]", "a", "ab"], "@@");

        CollectionAssert.AreEqual(new[] { new PieceToken(2, 0, 2) }, ModelRun.Tokenize(model, "ab", new ModelScratch()));
        CollectionAssert.AreEqual(new[] { new PieceToken(0, 0, 3) }, ModelRun.Tokenize(model, "aba", new ModelScratch()));
    }

    private static PieceToken[] Naive(string[] pieces, string word)
    {
        var unknown = new[] { new PieceToken(0, 0, word.Length) };
        if (ModelRun.Characters(word).Count() > MaxChars)
            return unknown;
        var tokens = new List<PieceToken>();
        for (var start = 0; start < word.Length;)
        {
            var end = word.Length;
            while (end > start && !pieces.Contains((start > 0 ? "##" : "") + word[start..end]))
                end--;
            if (end == start)
                return unknown;
            tokens.Add(new PieceToken(Array.IndexOf(pieces, (start > 0 ? "##" : "") + word[start..end]), start, end));
            start = end;
        }
        return [.. tokens];
    }

    private static WordPieceModel Model(string[] pieces, string prefix) => new(ModelRun.Vocabulary(pieces), 0, prefix, MaxChars);
}
