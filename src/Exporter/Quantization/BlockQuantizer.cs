using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Rows of a weight [out, in] to blocks of 4 or 8 bits as com.microsoft MatMulNBits and GatherBlockQuantized read them: w ≈
/// (code − zero point) · scale. Every row stands for itself, so that any rows can be asked for in any order.
/// </summary>
/// <remarks>
/// The rules are those of ONNX Runtime's own quantiser (onnxruntime, core/mlas/lib/q4_dq.cpp). Symmetric: scale = (the value of largest
/// magnitude, the negative one of two) / −2^(bits − 1), zero point 2^(bits − 1). Asymmetric: the range of the block, extended to
/// hold 0, in 2^bits − 1 steps. A row is padded with zeros to whole blocks by its caller.
/// </remarks>
/// <param name="Bits">4 or 8.</param>
/// <param name="BlockSize">A multiple of 32.</param>
internal sealed record BlockQuantizer(int Bits, int BlockSize, bool Symmetric)
{
    private const int Lanes = 32;

    private int MaxCode => (1 << Bits) - 1;

    private int Middle => 1 << (Bits - 1);

    public int Blocks(int columns) => (columns + BlockSize - 1) / BlockSize;

    public int PaddedColumns(int columns) => Blocks(columns) * BlockSize;

    /// <summary>Of one row.</summary>
    public int CodeBytes(int columns) => PaddedColumns(columns) * Bits / 8;

    /// <summary>Of one row; zero points are packed like codes.</summary>
    public int ZeroPointBytes(int columns) => (Blocks(columns) * Bits + 7) / 8;

    /// <param name="row">Whole blocks of finite numbers.</param>
    /// <param name="codes">Element 2j in the low half of byte j, 2j + 1 in the high half; or a byte for each.</param>
    public void Codes(ReadOnlySpan<float> row, Span<byte> codes)
    {
        var blockBytes = BlockSize * Bits / 8;
        for (var block = 0; block * BlockSize < row.Length; block++)
        {
            var values = row.Slice(block * BlockSize, BlockSize);
            var (scale, zeroPoint) = Parameters(values);
            // scales too small to be inverted stand for blocks that are zero for all purposes
            var factor = float.IsFinite(1 / scale) ? 1 / scale : 0;
            var target = codes.Slice(block * blockBytes, blockBytes);
            if (Bits == 4)
                PackNibbles(values, factor, zeroPoint, target);
            else
                PackBytes(values, factor, zeroPoint, target);
        }
    }

    /// <summary>One scale for each block.</summary>
    public void Scales(ReadOnlySpan<float> row, Span<float> scales)
    {
        for (var block = 0; block * BlockSize < row.Length; block++)
            (scales[block], _) = Parameters(row.Slice(block * BlockSize, BlockSize));
    }

    /// <summary>One zero point for each block, packed.</summary>
    public void ZeroPoints(ReadOnlySpan<float> row, Span<byte> packed)
    {
        packed.Clear();
        for (var block = 0; block * BlockSize < row.Length; block++)
        {
            var (_, zeroPoint) = Parameters(row.Slice(block * BlockSize, BlockSize));
            if (Bits == 8)
                packed[block] = (byte)zeroPoint;
            else
                packed[block / 2] |= (byte)((int)zeroPoint << (block % 2 * 4));
        }
    }

    /// <summary>What the codes stand for.</summary>
    /// <param name="zeroPoints">Packed; empty when symmetric.</param>
    /// <param name="row">Takes the first columns; padding is left out.</param>
    public void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<float> scales, ReadOnlySpan<byte> zeroPoints, Span<float> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            var block = i / BlockSize;
            var zeroPoint = zeroPoints.IsEmpty ? Middle : Unpack(zeroPoints, block);
            row[i] = (Unpack(codes, i) - zeroPoint) * scales[block];
        }
    }

    private int Unpack(ReadOnlySpan<byte> packed, int index) =>
        Bits == 8 ? packed[index] : (packed[index / 2] >> (index % 2 * 4)) & 15;

    private (float Scale, float ZeroPoint) Parameters(ReadOnlySpan<float> block)
    {
        var (min, max) = Range(block);
        if (Symmetric)
            return ((Math.Abs(max) > Math.Abs(min) ? max : min) / -Middle, Middle);
        (min, max) = (Math.Min(min, 0), Math.Max(max, 0));
        var scale = (max - min) / MaxCode;
        return (scale, scale == 0 ? 0 : Math.Clamp(MathF.Round(-min / scale, MidpointRounding.AwayFromZero), 0, MaxCode));
    }

    private static (float Min, float Max) Range(ReadOnlySpan<float> block)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(block);
        var (min, max) = (vectors[0], vectors[0]);
        foreach (ref readonly var vector in vectors[1..])
            (min, max) = (Vector256.MinNative(min, vector), Vector256.MaxNative(max, vector));
        var (min4, max4) = (Vector128.MinNative(min.GetLower(), min.GetUpper()), Vector128.MaxNative(max.GetLower(), max.GetUpper()));
        return (Math.Min(Math.Min(min4[0], min4[1]), Math.Min(min4[2], min4[3])),
            Math.Max(Math.Max(max4[0], max4[1]), Math.Max(max4[2], max4[3])));
    }

    private void PackNibbles(ReadOnlySpan<float> values, float factor, float zeroPoint, Span<byte> target)
    {
        for (var i = 0; i < values.Length; i += Lanes)
        {
            var pairs = Encode(values.Slice(i, Lanes), factor, zeroPoint).AsUInt16();               // low byte first
            var packed = (pairs & Vector256.Create((ushort)0x0F)) | ((pairs >> 4) & Vector256.Create((ushort)0xF0));
            Vector128.Narrow(packed.GetLower(), packed.GetUpper()).CopyTo(target[(i / 2)..]);
        }
    }

    private void PackBytes(ReadOnlySpan<float> values, float factor, float zeroPoint, Span<byte> target)
    {
        for (var i = 0; i < values.Length; i += Lanes)
            Encode(values.Slice(i, Lanes), factor, zeroPoint).CopyTo(target[i..]);
    }

    /// <summary>clamp(floor(v · factor + zero point + 0.5)) of 32 values.</summary>
    private Vector256<byte> Encode(ReadOnlySpan<float> values, float factor, float zeroPoint)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
        return Vector256.Narrow(
            Vector256.Narrow(Code(vectors[0]), Code(vectors[1])),
            Vector256.Narrow(Code(vectors[2]), Code(vectors[3])));

        // clamped first, so that truncation is floor
        Vector256<uint> Code(Vector256<float> v) => Vector256.ConvertToInt32Native(Vector256.MinNative(
            Vector256.MaxNative(v * factor + Vector256.Create(zeroPoint) + Vector256.Create(0.5f), Vector256<float>.Zero),
            Vector256.Create((float)MaxCode))).AsUInt32();
    }
}
