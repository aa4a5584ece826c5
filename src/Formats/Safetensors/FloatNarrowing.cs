using System.Numerics;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Formats;

/// <summary>float32 to float16 and bfloat16, to nearest, ties to even (IEEE 754), as torch does it.</summary>
public static class FloatNarrowing
{
    public static float RoundToBFloat16(float value)
    {
        Span<ushort> rounded = stackalloc ushort[1];
        ToBFloat16([value], rounded);
        return BitConverter.UInt32BitsToSingle((uint)rounded[0] << 16);
    }

    public static void ToBFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            var low = BFloat16(new Vector<uint>(bits[i..]));
            var high = BFloat16(new Vector<uint>(bits[(i + Vector<uint>.Count)..]));
            Vector.Narrow(low, high).CopyTo(destination[i..]);
        }
        for (; i < bits.Length; i++)
            destination[i] = BFloat16(bits[i]);
    }

    /// <exception cref="NotSupportedException">A finite value lies outside ±65504, the range of float16.</exception>
    public static void ToFloat16(ReadOnlySpan<float> source, Span<ushort> destination)
    {
        var bits = MemoryMarshal.Cast<float, uint>(source);
        var outside = Vector<uint>.Zero;
        var i = 0;
        for (; i <= bits.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            var (low, high) = (new Vector<uint>(bits[i..]), new Vector<uint>(bits[(i + Vector<uint>.Count)..]));
            outside |= OutsideFloat16(low) | OutsideFloat16(high);
            Vector.Narrow(Float16(low), Float16(high)).CopyTo(destination[i..]);
        }
        var anyOutside = outside != Vector<uint>.Zero;
        for (; i < source.Length; i++)
        {
            destination[i] = BitConverter.HalfToUInt16Bits((Half)source[i]);
            anyOutside |= float.IsFinite(source[i]) && Half.IsInfinity((Half)source[i]);
        }
        if (anyOutside)
            throw new NotSupportedException(
                $"A weight of magnitude {Largest(source)} lies outside ±65504, the range of float16. Export in bf16 or fp32.");
    }

    // adds half of what is cut off, less one where the kept part is even; a NaN keeps its sign and stays one
    private static Vector<uint> BFloat16(Vector<uint> bits)
    {
        var rounded = (bits + new Vector<uint>(0x7FFF) + ((bits >>> 16) & Vector<uint>.One)) >>> 16;
        var nan = Vector.GreaterThan(bits & new Vector<uint>(0x7FFF_FFFF), new Vector<uint>(0x7F80_0000));
        return Vector.ConditionalSelect(nan, (bits >>> 16) | new Vector<uint>(0x40), rounded);
    }

    private static ushort BFloat16(uint bits) => (bits & 0x7FFF_FFFF) > 0x7F80_0000
        ? (ushort)((bits >> 16) | 0x40)
        : (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);

    private static Vector<uint> Float16(Vector<uint> bits)
    {
        var sign = (bits >>> 16) & new Vector<uint>(0x8000);
        var magnitude = bits & new Vector<uint>(0x7FFF_FFFF);
        // rebias the exponent from 127 to 15 and round 13 bits away
        var normal = (magnitude - new Vector<uint>(112u << 23) + new Vector<uint>(0xFFF) + ((magnitude >>> 13) & Vector<uint>.One)) >>> 13;
        // below 2^-14 a float16 counts steps of 2^-24: adding 0.5, whose last bit is worth that, makes the adder round to them
        var half = new Vector<float>(0.5f);
        var subnormal = (Vector.AsVectorSingle(magnitude) + half).As<float, uint>() - half.As<float, uint>();
        var result = Vector.ConditionalSelect(Vector.LessThan(magnitude, new Vector<uint>(113u << 23)), subnormal, normal);
        // from 65536 on infinity; NaN stays one
        result = Vector.ConditionalSelect(
            Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(143u << 23)), new Vector<uint>(0x7C00), result);
        result = Vector.ConditionalSelect(Vector.GreaterThan(magnitude, new Vector<uint>(0x7F80_0000)), new Vector<uint>(0x7E00), result);
        return sign | result;
    }

    // 65520 is the first value that rounds to infinity
    private static Vector<uint> OutsideFloat16(Vector<uint> bits)
    {
        var magnitude = bits & new Vector<uint>(0x7FFF_FFFF);
        return Vector.GreaterThanOrEqual(magnitude, new Vector<uint>(BitConverter.SingleToUInt32Bits(65520)))
            & Vector.LessThan(magnitude, new Vector<uint>(0x7F80_0000));
    }

    private static float Largest(ReadOnlySpan<float> values)
    {
        var largest = 0f;
        foreach (var value in values)
        {
            if (float.IsFinite(value))
                largest = Math.Max(largest, Math.Abs(value));
        }
        return largest;
    }
}
