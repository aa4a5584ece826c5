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

    [TestMethod]
    public void Frequency_Llama3Scaling_KeepsHighDividesLowAndInterpolatesBetween()
    {
        var scaling = new Llama3Scaling(8, 1, 4, 8192);
        var (plain, scaled) = (new RotaryCache(1, 128, 500000, 1), new RotaryCache(1, 128, 500000, 1, scaling));

        Assert.AreEqual(plain.Frequency(0), scaled.Frequency(0));
        Assert.AreEqual(plain.Frequency(63) / 8, scaled.Frequency(63));
        // a frequency with two turns in 8192 positions lies a third of the way from one turn to four
        var between = 2 * 2 * Math.PI / 8192;
        Assert.AreEqual(between * (2 / 3.0 / 8 + 1 / 3.0), scaling.Scale(between), 1e-15);
    }

    private static float[] Floats(TensorSource source)
    {
        using var stream = new MemoryStream();
        source.WriteTo(stream, CancellationToken.None);
        return MemoryMarshal.Cast<byte, float>(stream.ToArray()).ToArray();
    }
}
