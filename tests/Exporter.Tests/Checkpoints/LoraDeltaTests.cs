
namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class LoraDeltaTests
{
    private const float Scale = 1.5f;

    [TestMethod]
    [DataRow(1, 3, 5)]
    [DataRow(4, 7, 37, DisplayName = "columns that fill no whole vector")]
    [DataRow(8, 16, 64)]
    public void AddTo_AllAtOnce_AddsScaleTimesBTimesA(int rank, int rows, int columns)
    {
        using var folder = new TemporaryFolder();
        var (file, delta, expected) = Make(folder, rank, rows, columns);
        using (file)
        {
            var weight = Enumerable.Range(0, rows * columns).Select(i => i * 0.25f).ToArray();

            delta.AddTo(0, weight);

            for (var i = 0; i < weight.Length; i++)
                Assert.AreEqual(i * 0.25f + expected[i], weight[i], 1e-4f, $"element {i}");
        }
    }

    [TestMethod]
    public void AddTo_PiecesThatBeginAndEndWithinRows_EqualTheWhole()
    {
        using var folder = new TemporaryFolder();
        var (file, delta, _) = Make(folder, 3, 6, 41);
        using (file)
        {
            var whole = new float[6 * 41];
            delta.AddTo(0, whole);
            var pieces = new float[whole.Length];

            for (var first = 0; first < pieces.Length; first += 55)
                delta.AddTo(first, pieces.AsSpan(first, Math.Min(55, pieces.Length - first)));

            CollectionAssert.AreEqual(whole, pieces);
        }
    }

    private static (SafetensorsFile File, LoraDelta Delta, float[] Expected) Make(TemporaryFolder folder, int rank, int rows, int columns)
    {
        new SafetensorsBuilder().AddFloats("a", rank, columns).AddFloats("b", rows, rank).Save(folder.File("adapter"));
        var file = SafetensorsFile.Open(folder.File("adapter"));
        var (a, b) = (file.ReadFloat32("a"), file.ReadFloat32("b"));
        var expected = new float[rows * columns];
        for (var i = 0; i < expected.Length; i++)
            expected[i] = Scale * Enumerable.Range(0, rank).Sum(k => b[i / columns * rank + k] * a[k * columns + i % columns]);
        return (file, new LoraDelta(new CheckpointTensor(file, file.Tensors["a"]), new CheckpointTensor(file, file.Tensors["b"]), Scale),
            expected);
    }
}
