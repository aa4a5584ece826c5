using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Formats;

/// <summary>Stored floating-point bytes (F32, F16, BF16; little endian, as safetensors and ONNX keep them) to float32, exactly.</summary>
public static class FloatConversion
{
    public static bool IsSupported(string dtype) => dtype is "F32" or "F16" or "BF16";

    public static int ElementBytes(string dtype) => dtype == "F32" ? 4 : 2;

    public static void ToFloat32(ReadOnlySpan<byte> source, string dtype, Span<float> destination)
    {
        switch (dtype)
        {
            case "F32":
                source.CopyTo(MemoryMarshal.AsBytes(destination));
                break;
            case "BF16":
                BFloat16ToFloat32(MemoryMarshal.Cast<byte, ushort>(source), destination);
                break;
            case "F16":
                Float16ToFloat32(MemoryMarshal.Cast<byte, Half>(source), destination);
                break;
            default:
                throw new NotSupportedException($"A tensor of type {dtype} cannot be read as float32; F32, F16 and BF16 can.");
        }
    }

    // a bfloat16 is the upper half of a float32
    private static void BFloat16ToFloat32(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        var i = 0;
        var bits = MemoryMarshal.Cast<float, uint>(destination);
        for (; i <= source.Length - Vector<ushort>.Count; i += Vector<ushort>.Count)
        {
            Vector.Widen(new Vector<ushort>(source[i..]), out var low, out var high);
            (low << 16).CopyTo(bits[i..]);
            (high << 16).CopyTo(bits[(i + Vector<uint>.Count)..]);
        }
        for (; i < source.Length; i++)
            bits[i] = (uint)source[i] << 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Float16ToFloat32(ReadOnlySpan<Half> source, Span<float> destination)
    {
        for (var i = 0; i < source.Length; i++)
            destination[i] = (float)source[i];
    }
}
