using System.Runtime.InteropServices;

namespace XlLoraOnnx.Formats.Tests;

[TestClass]
public sealed class FloatConversionTests
{
    private static readonly ushort[] AllPatterns = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];

    [TestMethod]
    public void ToFloat32_EveryBFloat16_IsTheUpperHalfOfAFloat32()
    {
        var values = Convert("BF16");

        foreach (var pattern in AllPatterns)
            Assert.AreEqual((uint)pattern << 16, BitConverter.SingleToUInt32Bits(values[pattern]));
    }

    [TestMethod]
    public void ToFloat32_EveryFloat16_EqualsHalf()
    {
        var values = Convert("F16");

        foreach (var pattern in AllPatterns)
            Assert.AreEqual((float)BitConverter.UInt16BitsToHalf(pattern), values[pattern]);
    }

    [TestMethod]
    public void ToFloat32_OddLength_ConvertsTheTailToo()
    {
        var values = new float[37];

        FloatConversion.ToFloat32(MemoryMarshal.AsBytes(AllPatterns.AsSpan(0x3F80, 37)), "BF16", values);

        Assert.AreEqual(BitConverter.UInt32BitsToSingle((0x3F80 + 36) << 16), values[36]);
    }

    [TestMethod]
    public void ToFloat32_OtherType_IsRefusedByName()
    {
        var error = Assert.ThrowsExactly<NotSupportedException>(() => FloatConversion.ToFloat32(new byte[8], "I64", new float[1]));

        StringAssert.Contains(error.Message, "I64");
    }

    private static float[] Convert(string dtype)
    {
        var values = new float[AllPatterns.Length];
        FloatConversion.ToFloat32(MemoryMarshal.AsBytes(AllPatterns.AsSpan()), dtype, values);
        return values;
    }
}
