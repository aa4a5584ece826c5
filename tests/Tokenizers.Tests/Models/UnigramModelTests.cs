using System.Text;
using CsCheck;

namespace XlLoraOnnx.Tokenizers.Tests;

/// <summary>Unigram in one pass over a trie, against a table over all pairs of places.</summary>
[TestClass]
public sealed class UnigramModelTests
{
    private const int Cases = 3000;
    private const double UnknownPenalty = 10;

    // Few letters and few scores: many ways are equally good.
    private static readonly Gen<(string Piece, double Score)[]> Pieces = Gen.Select(
        Gen.OneOf("a", "b", "é", "😀").Array[1, 4].Select(letters => string.Concat(letters)),
        Gen.Int[-6, 0].Select(score => score / 2.0)).Array[0, 12];

    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "a", "b", "é", "😀", "x", "y", "한").Array[0, 30]
        .Select(letters => string.Concat(letters));

    [TestMethod]
    public void Tokenize_RandomVocabularies_TakesTheWayOfTheNaiveAlgorithm() =>
        Gen.Select(Pieces, Text, Gen.Bool).Sample(
            (entries, text, byteFallback) =>
            {
                var bytes = byteFallback ? Enumerable.Range(0, 256).Select(b => ($"<0x{b:X2}>", -20.0)) : [];
                var pieces = new[] { ("<unk>", 0.0) }.Concat(entries).Concat(bytes).DistinctBy(p => p.Item1).ToArray();

                var actual = ModelRun.Tokenize(Model(pieces, unknown: 0, byteFallback), text, new ModelScratch());

                CollectionAssert.AreEqual(Naive(pieces, text, byteFallback), actual, $"'{text}' with {string.Join(", ", pieces)}");
            },
            iter: Cases);

    [TestMethod]
    public void Tokenize_AnyText_CoversItFromBeginningToEnd() =>
        Gen.Select(Pieces, Text).Sample(
            (entries, text) =>
            {
                var pieces = new[] { ("<unk>", 0.0) }.Concat(entries).DistinctBy(p => p.Item1).ToArray();
                var end = 0;
                foreach (var token in ModelRun.Tokenize(Model(pieces, unknown: 0, byteFallback: false), text, new ModelScratch()))
                {
                    Assert.AreEqual(end, token.Start);
                    Assert.IsGreaterThan(token.Start, token.End);
                    end = token.End;
                }
                Assert.AreEqual(text.Length, end);
            },
            iter: Cases);

    [TestMethod]
    public void Tokenize_WithoutAnUnknownPiece_RefusesTheText()
    {
        var model = Model([("a", -1)], unknown: -1, byteFallback: false);

        var e = Assert.ThrowsExactly<NotSupportedException>(() => ModelRun.Tokenize(model, "axa", new ModelScratch()));

        StringAssert.Contains(e.Message, "'x', which this Unigram vocabulary of 1 pieces cannot express: it has no unk_id");
    }

    /// <summary>best[end] over every piece that ends there; of equals the longest, which was offered first.</summary>
    private static PieceToken[] Naive((string Piece, double Score)[] pieces, string text, bool byteFallback)
    {
        var unknownScore = pieces.Min(p => p.Score) - UnknownPenalty;
        var best = Enumerable.Repeat((Score: double.NegativeInfinity, Start: -1, Id: -1), text.Length + 1).ToArray();
        best[0] = (0, 0, -1);
        var characters = ModelRun.Characters(text).ToList();
        foreach (var (_, _, end) in characters)
        {
            foreach (var (single, start, singleEnd) in characters.Where(c => c.Start < end))
            {
                var id = Array.FindIndex(pieces, p => p.Piece == text[start..end]);
                var isUnknown = id < 0 && singleEnd == end && !pieces.Any(p => p.Piece == single);
                var score = best[start].Score + (id >= 0 ? pieces[id].Score : unknownScore);
                if ((id >= 0 || isUnknown) && score > best[end].Score)
                    best[end] = (score, start, Math.Max(id, 0));
            }
        }
        var way = new List<PieceToken>();
        for (var end = text.Length; end > 0; end = best[end].Start)
            way.Insert(0, new PieceToken(best[end].Id, best[end].Start, end));
        return Fused(pieces, text, way, byteFallback);
    }

    /// <summary>Neighbouring unknown characters are one: a piece, if they happen to be one, else their bytes, else the unknown piece.
    /// </summary>
    private static PieceToken[] Fused((string Piece, double Score)[] pieces, string text, List<PieceToken> way, bool byteFallback)
    {
        var fused = new List<PieceToken>();
        for (var i = 0; i < way.Count; i++)
        {
            var first = i;
            while (way[i].Id == 0 && i + 1 < way.Count && way[i + 1].Id == 0)
                i++;
            var (start, end) = (way[first].Start, way[i].End);
            var whole = Array.FindIndex(pieces, p => p.Piece == text[start..end]);
            if (way[first].Id == 0 && whole < 0 && byteFallback)
                fused.AddRange(Encoding.UTF8.GetBytes(text[start..end])
                    .Select(b => new PieceToken(Array.FindIndex(pieces, p => p.Piece == $"<0x{b:X2}>"), start, end)));
            else
                fused.Add(new PieceToken(way[first].Id == 0 ? Math.Max(whole, 0) : way[first].Id, start, end));
        }
        return [.. fused];
    }

    private static UnigramModel Model((string Piece, double Score)[] pieces, int unknown, bool byteFallback) =>
        new(ModelRun.Vocabulary([.. pieces.Select(p => p.Piece)]), [.. pieces.Select(p => p.Score)], unknown, byteFallback);
}
