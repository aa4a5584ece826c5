
namespace XlLoraOnnx.Evaluation.Tests;

[TestClass]
public sealed class AlignmentUniformityTests
{
    // The reference is stored in float32.
    private const double Float32 = 2e-6;

    [TestMethod]
    public void AlignmentAndUniformity_ReferenceVectors_AreEqual()
    {
        using var file = SafetensorsFile.Open(Repository.Data("refs", "metrics", "alignment_uniformity.safetensors"));
        var (x, y) = (Matrix(file, "x"), Matrix(file, "y"));

        var alignment = Enumerable.Range(0, x.Rows).Average(i => AlignmentUniformity.SquaredDistance(x[i], y[i]));
        var uniformity = AlignmentUniformity.Uniformity(x, [.. Enumerable.Range(0, x.Rows)]);

        Assert.AreEqual(file.ReadFloat32("alignment")[0], alignment, Float32);
        Assert.AreEqual(file.ReadFloat32("uniformity_x")[0], uniformity, Float32);
    }

    [TestMethod]
    public void Uniformity_MoreRowsThanATile_IsThatOfAllPairs()
    {
        var matrix = TopKSearchTests.Random(150, 10, seed: 3);
        int[] rows = [.. Enumerable.Range(0, 150), 0, 7];
        double sum = 0;
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = i + 1; j < rows.Length; j++)
                sum += Math.Exp(-2 * AlignmentUniformity.SquaredDistance(matrix[rows[i]], matrix[rows[j]]));
        }

        var uniformity = AlignmentUniformity.Uniformity(matrix, rows);

        Assert.AreEqual(Math.Log(sum / (rows.Length * (rows.Length - 1) / 2.0)), uniformity, 1e-12);
    }

    private static EmbeddingMatrix Matrix(SafetensorsFile file, string name)
    {
        var shape = file.Tensors[name].Shape;
        return new EmbeddingMatrix((int)shape[0], (int)shape[1], file.ReadFloat32(name));
    }
}
