using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter.Tests;

[TestClass]
public sealed class RotaryCacheTests
{
    [TestMethod]
    public void Write_EveryPosition_IsCosAndSinOfPositionTimesFrequency()
    {
        var cache = new RotaryCache(5, 8, 10000, 1);

        var (cos, sin) = (Floats(cache.Cos), Floats(cache.Sin));

        Assert.HasCount(5 * 4, cos);
        CollectionAssert.AreEqual((float[])[1, 1, 1, 1], cos[..4]);
        Assert.AreEqual((float)Math.Cos(3), cos[3 * 4]);
        Assert.AreEqual((float)Math.Sin(4 * 0.01), sin[4 * 4 + 2], 1e-9f);
    }

    [TestMethod]
    public void Write_LinearScaling_StretchesPositions()
    {
        var plain = Floats(new RotaryCache(3, 16, 1e6, 1).Sin);
        var scaled = Floats(new RotaryCache(17, 16, 1e6, 8).Sin);

        CollectionAssert.AreEqual(plain[(2 * 8)..], scaled[(16 * 8)..]);
    }

    private static float[] Floats(TensorSource source)
    {
        using var stream = new MemoryStream();
        source.WriteTo(stream, CancellationToken.None);
        return MemoryMarshal.Cast<byte, float>(stream.ToArray()).ToArray();
    }
}
