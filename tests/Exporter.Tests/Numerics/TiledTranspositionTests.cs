namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class TiledTranspositionTests
{
    [TestMethod]
    [DataRow(1, 1)]
    [DataRow(16, 16)]
    [DataRow(17, 33)]
    [DataRow(3, 100)]
    [DataRow(100, 3)]
    public void Transpose_AnyShape_MovesAndScalesEveryElement(int rows, int columns)
    {
        const int Stride = 128;
        var source = Enumerable.Range(0, rows * columns).Select(i => (float)i).ToArray();
        var destination = new float[columns * Stride];

        TiledTransposition.Transpose(source, rows, columns, 2, destination, Stride);

        for (var r = 0; r < rows; r++)
        {
            for (var c = 0; c < columns; c++)
                Assert.AreEqual(2f * source[r * columns + c], destination[c * Stride + r]);
        }
    }
}
