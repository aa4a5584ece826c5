namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class TopKSearchTests
{
    [TestMethod]
    [DataRow(1, 1, 1, 1)]
    [DataRow(7, 250, 13, 10)]
    [DataRow(130, 101, 384, 5)]
    [DataRow(5, 98, 8, 1000)]
    [DataRow(3, 200, 2100, 20)]
    public void Search_AnyShape_FindsWhatASortOfAllScoresFinds(int queries, int documents, int dimension, int k)
    {
        var (q, d) = (Random(queries, dimension, 1), Random(documents, dimension, 2));

        var found = TopKSearch.Search(q, d, k);

        Assert.HasCount(queries, found);
        for (var query = 0; query < queries; query++)
        {
            var expected = Enumerable.Range(0, documents).Select(row => (Row: row, Score: Cosine(q[query], d[row])))
                .OrderByDescending(h => h.Score).Take(k).ToList();
            Assert.HasCount(expected.Count, found[query]);
            for (var rank = 0; rank < expected.Count; rank++)
                Assert.AreEqual(expected[rank].Score, found[query][rank].Score, 1e-5);
            // Where scores are far enough apart for float32, the rows are the same too.
            Assert.AreEqual(expected[0].Row, found[query][0].Document);
        }
    }

    [TestMethod]
    public void Search_EqualDocuments_TieExactlyAndComeInTheOrderOfRows()
    {
        var one = Random(1, 37, 5)[0].ToArray();
        var other = Random(1, 37, 6)[0].ToArray();
        float[] values = [.. Enumerable.Range(0, 500).SelectMany(i => i % 7 == 3 ? one : other)];

        var found = TopKSearch.Search(new EmbeddingMatrix(1, 37, one), new EmbeddingMatrix(500, 37, values), 100)[0];

        var expected = Enumerable.Range(0, 500).Where(i => i % 7 == 3).Concat(Enumerable.Range(0, 500).Where(i => i % 7 != 3)).Take(100);
        CollectionAssert.AreEqual(expected.ToArray(), found.Select(h => h.Document).ToArray());
        Assert.HasCount(1, found.Take(71).Select(h => h.Score).Distinct().ToArray());
    }

    [TestMethod]
    public void Search_Repeated_IsEqualToTheLastBit()
    {
        var (q, d) = (Random(40, 100, 1), Random(3000, 100, 2));

        var (first, second) = (TopKSearch.Search(q, d, 50), TopKSearch.Search(q, d, 50));

        for (var query = 0; query < 40; query++)
            CollectionAssert.AreEqual(first[query], second[query]);
    }

    [TestMethod]
    public void Search_PlaceOfADocument_DoesNotChangeItsScore()
    {
        var (q, d) = (Random(6, 50, 1), Random(300, 50, 2));
        var reversed = new EmbeddingMatrix(300, 50, [.. Enumerable.Range(0, 300).Reverse().SelectMany(i => d[i].ToArray())]);

        var (forward, backward) = (TopKSearch.Search(q, d, 300), TopKSearch.Search(q, reversed, 300));

        for (var query = 0; query < 6; query++)
        {
            var scores = backward[query].ToDictionary(h => 299 - h.Document, h => h.Score);
            Assert.IsTrue(forward[query].All(h => scores[h.Document] == h.Score));
        }
    }

    [TestMethod]
    [DataRow(0f)]
    [DataRow(float.NaN)]
    [DataRow(float.PositiveInfinity)]
    public void Search_VectorWithoutDirection_IsRefusedWithItsRow(float value)
    {
        var values = Random(9, 4, 1).Values.ToArray();
        values.AsSpan(20, 4).Fill(value);

        var e = Assert.ThrowsExactly<ArgumentException>(() => TopKSearch.Search(Random(1, 4, 2), new EmbeddingMatrix(9, 4, values), 3));

        StringAssert.Contains(e.Message, "Vector 5");
    }

    [TestMethod]
    public void Search_Cancelled_Stops()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.ThrowsExactly<OperationCanceledException>(
            () => TopKSearch.Search(Random(1, 4, 2), Random(9, 4, 1), 3, null, cancelled.Token));
    }

    internal static EmbeddingMatrix Random(int rows, int dimension, int seed)
    {
        var values = new float[rows * dimension];
        for (var i = 0; i < values.Length; i++)
            values[i] = CounterRandom.Below(20001, (ulong)seed, 0, (ulong)i) / 10000f - 1;
        return new EmbeddingMatrix(rows, dimension, values);
    }

    private static double Cosine(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double xx = 0, yy = 0, xy = 0;
        for (var i = 0; i < x.Length; i++)
            (xx, yy, xy) = (xx + (double)x[i] * x[i], yy + (double)y[i] * y[i], xy + (double)x[i] * y[i]);
        return xy / Math.Sqrt(xx * yy);
    }
}
