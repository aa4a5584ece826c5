
namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class FloatNarrowingTests
{
    [TestMethod]
    public void ToFloat16_EveryFloat16AndWhatLiesBesideIt_RoundsAsHalfDoes()
    {
        var values = Enumerable.Range(0, 65536).Select(i => (float)BitConverter.UInt16BitsToHalf((ushort)i))
            .Where(float.IsFinite)
            .SelectMany(v => (float[])[v, MathF.BitIncrement(v), MathF.BitDecrement(v), v + v / 2048, v * 1.0001f])
            .Where(v => Math.Abs(v) < 65520).ToArray();
        var narrow = new ushort[values.Length];

        FloatNarrowing.ToFloat16(values, narrow);

        for (var i = 0; i < values.Length; i++)
            Assert.AreEqual(BitConverter.HalfToUInt16Bits((Half)values[i]), narrow[i], $"{values[i]:R}");
    }

    [TestMethod]
    public void ToFloat16_HalfwayBetweenTwo_GoesToTheEvenOne()
    {
        // steps of 2^-10 at 1 and of 2^-24 below 2^-14; padded so that both the vectors and the tail see them
        float[] halfway = [1 + 1 / 2048f, 1 + 3 / 2048f, MathF.ScaleB(1, -25), MathF.ScaleB(3, -25)];
        float[] values = [.. Enumerable.Repeat(halfway, 17).SelectMany(v => v), halfway[0]];
        var narrow = new ushort[values.Length];

        FloatNarrowing.ToFloat16(values, narrow);

        CollectionAssert.AreEqual((ushort[])[0x3C00, 0x3C02, 0, 2], narrow[..4]);
        Assert.AreEqual(0x3C00, narrow[^1]);
    }

    [TestMethod]
    public void ToFloat16_InfinityAndNaN_Stay()
    {
        var narrow = new ushort[40];

        float[] special = [float.PositiveInfinity, float.NegativeInfinity, float.NaN, 0];
        FloatNarrowing.ToFloat16([.. Enumerable.Repeat(special, 10).SelectMany(v => v)], narrow);

        Assert.AreEqual((0x7C00, 0xFC00), ((int)narrow[0], (int)narrow[1]));
        Assert.IsTrue(Half.IsNaN(BitConverter.UInt16BitsToHalf(narrow[2])) && Half.IsNaN(BitConverter.UInt16BitsToHalf(narrow[38])));
    }

    [TestMethod]
    [DataRow(0)]
    [DataRow(32)]
    public void ToFloat16_ValueThatDoesNotFit_IsRefusedWithTheValue(int index)
    {
        var values = new float[33];
        values[index] = -70000;

        var error = Assert.ThrowsExactly<NotSupportedException>(() => FloatNarrowing.ToFloat16(values, new ushort[33]));

        StringAssert.Contains(error.Message, "70000");
    }

    [TestMethod]
    public void ToBFloat16_Values_RoundToNearestEven()
    {
        // 1, just below and at half a step, the next even, large to infinity, NaN whose set bits are all cut off
        uint[] bits = [0x3F800000, 0x3F807FFF, 0x3F808000, 0x3F808001, 0x3F818000, 0x7F7FFFFF, 0x7F800001, 0x80000001];
        ushort[] expected = [0x3F80, 0x3F80, 0x3F80, 0x3F81, 0x3F82, 0x7F80, 0x7FC0, 0x8000];
        var values = Enumerable.Repeat(bits, 5).SelectMany(b => b).Append(0x3F818000u).Select(BitConverter.UInt32BitsToSingle).ToArray();
        var narrow = new ushort[values.Length];

        FloatNarrowing.ToBFloat16(values, narrow);

        for (var i = 0; i < 40; i++)
            Assert.AreEqual(expected[i % 8], narrow[i], $"{bits[i % 8]:X8} at {i}");
        Assert.AreEqual(0x3F82, narrow[40]);
    }

    [TestMethod]
    [DataRow(5376, 73.5f)]
    [DataRow(1152, 34f)]
    [DataRow(2304, 48f)]
    [DataRow(640, 25.25f)]
    public void RoundToBFloat16_RootsOfGemmaSizes_AreWhatTransformersMultipliesBy(int hidden, float expected)
    {
        Assert.AreEqual(expected, FloatNarrowing.RoundToBFloat16(MathF.Sqrt(hidden)));
    }
}
