using System.Numerics;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>Finds infinities and NaN.</summary>
internal static class NonFinite
{
    /// <returns>Of the first number that is not finite; −1 when all are.</returns>
    public static int IndexOf(ReadOnlySpan<float> values)
    {
        const int Exponent = 0x7F800000;
        var bits = MemoryMarshal.Cast<float, int>(values);
        var i = 0;
        for (; i <= bits.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            var exponent = new Vector<int>(Exponent);
            if (Vector.EqualsAny(new Vector<int>(bits[i..]) & exponent, exponent))
                break;
        }
        for (; i < bits.Length; i++)
        {
            if ((bits[i] & Exponent) == Exponent)
                return i;
        }
        return -1;
    }
}
