using CsCheck;

namespace XlLoraOnnx.Adapters.Tests;

[TestClass]
public sealed class DecompositionTests
{
    // whole numbers, so that columns that depend on one another and zeros are common
    private static readonly Gen<(int Rows, int Columns, double[] Values)> Matrices =
        Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9]).SelectMany((rows, columns) => Gen.Int[-3, 3].Array[rows * columns]
            .Select(values => (rows, columns, Array.ConvertAll(values, v => (double)v))));

    [TestMethod]
    public void Qr_OfAnyColumns_IsOrthonormalAndGivesThemBack() => Matrices.Sample(m =>
    {
        var qr = ThinQr.Of(m.Values, m.Rows, m.Columns);

        Assert.AreEqual(Math.Min(m.Rows, m.Columns), qr.Rank);
        AssertIdentity(qr.Q, qr.Rank, m.Columns);
        for (var j = 0; j < m.Rows; j++)
        {
            for (var k = 0; k < m.Columns; k++)
            {
                var value = Enumerable.Range(0, qr.Rank).Sum(i => qr.Q[i * m.Columns + k] * qr.R[i * m.Rows + j]);
                Assert.AreEqual(m.Values[j * m.Columns + k], value, 1e-12);
            }
            for (var i = j + 1; i < qr.Rank; i++)
                Assert.AreEqual(0, qr.R[i * m.Rows + j], 0.0, "R is upper triangular");
        }
    });

    [TestMethod]
    public void Svd_OfAnyMatrix_FallsAndGivesItBack() => Matrices.Sample(m =>
    {
        var svd = JacobiSvd.Of(m.Values, m.Rows, m.Columns);

        var count = Math.Min(m.Rows, m.Columns);
        Assert.HasCount(count, svd.S);
        Assert.IsTrue(svd.S.Zip(svd.S.Skip(1)).All(p => p.First >= p.Second), "singular values fall");
        AssertIdentity(svd.U, count, m.Rows, svd.S);
        AssertIdentity(svd.V, count, m.Columns, svd.S);
        for (var row = 0; row < m.Rows; row++)
        {
            for (var column = 0; column < m.Columns; column++)
                Assert.AreEqual(m.Values[row * m.Columns + column],
                    Enumerable.Range(0, count).Sum(i => svd.U[i * m.Rows + row] * svd.S[i] * svd.V[i * m.Columns + column]), 1e-11);
        }
    });

    [TestMethod]
    public void Svd_OfAKnownMatrix_HasItsSingularValues()
    {
        // [[3, 0], [4, 5]]: X Xᵀ has the eigenvalues 45 and 5
        var svd = JacobiSvd.Of([3, 0, 4, 5], 2, 2);

        Assert.AreEqual(Math.Sqrt(45), svd.S[0], 1e-14);
        Assert.AreEqual(Math.Sqrt(5), svd.S[1], 1e-14);
    }

    /// <param name="of">Rows whose singular value is zero are not looked at.</param>
    private static void AssertIdentity(double[] rows, int count, int length, double[]? of = null)
    {
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                if (of is null || (of[i] > 1e-9 && of[j] > 1e-9))
                    Assert.AreEqual(i == j ? 1 : 0,
                        Enumerable.Range(0, length).Sum(k => rows[i * length + k] * rows[j * length + k]), 1e-12);
            }
        }
    }
}
