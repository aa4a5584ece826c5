using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Rows of a weight [out, in] to 4-bit NormalFloat (QLoRA, arXiv 2305.14314) as bitsandbytes stores it and com.microsoft MatMulBnb4 reads
/// it: w ≈ value[code] · absmax of its block. Blocks run on over the end of a row there; here rows are whole blocks, so that each stands
/// for itself.
/// </summary>
/// <param name="BlockSize">A multiple of 32.</param>
internal sealed record Nf4Quantizer(int BlockSize)
{
    private const int Lanes = 32;

    // bitsandbytes, functional.py, get_4bit_type("nf4")
    private static readonly float[] Values =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f,
        -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f,
        0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    /// <summary>The code is how many of these a value exceeds: the middles between neighbours.</summary>
    private static readonly float[] Thresholds = [.. Values.Zip(Values.Skip(1), (a, b) => (float)(((double)a + b) / 2))];

    /// <summary>Of one row.</summary>
    public static int CodeBytes(int columns) => columns / 2;

    /// <summary>Of one row.</summary>
    public int Blocks(int columns) => columns / BlockSize;

    /// <param name="row">Whole blocks of finite numbers.</param>
    /// <param name="codes">Element 2j in the high half of byte j, 2j + 1 in the low half.</param>
    public void Codes(ReadOnlySpan<float> row, Span<byte> codes)
    {
        for (var begin = 0; begin < row.Length; begin += BlockSize)
        {
            var block = row.Slice(begin, BlockSize);
            var absMax = AbsMax(block);
            var factor = float.IsFinite(1 / absMax) ? 1 / absMax : 0;
            for (var i = 0; i < BlockSize; i += Lanes)
                Pack(block.Slice(i, Lanes), factor, codes.Slice((begin + i) / 2, Lanes / 2));
        }
    }

    /// <summary>The largest magnitude of each block.</summary>
    public void AbsMaxima(ReadOnlySpan<float> row, Span<float> absMaxima)
    {
        for (var block = 0; block * BlockSize < row.Length; block++)
            absMaxima[block] = AbsMax(row.Slice(block * BlockSize, BlockSize));
    }

    /// <summary>What the codes stand for.</summary>
    public void Dequantize(ReadOnlySpan<byte> codes, ReadOnlySpan<float> absMaxima, Span<float> row)
    {
        for (var i = 0; i < row.Length; i++)
            row[i] = Values[i % 2 == 0 ? codes[i / 2] >> 4 : codes[i / 2] & 15] * absMaxima[i / BlockSize];
    }

    private static float AbsMax(ReadOnlySpan<float> block)
    {
        var max = Vector256<float>.Zero;
        foreach (ref readonly var vector in MemoryMarshal.Cast<float, Vector256<float>>(block))
            max = Vector256.MaxNative(max, Vector256.Abs(vector));
        var max4 = Vector128.MaxNative(max.GetLower(), max.GetUpper());
        return Math.Max(Math.Max(max4[0], max4[1]), Math.Max(max4[2], max4[3]));
    }

    private static void Pack(ReadOnlySpan<float> values, float factor, Span<byte> target)
    {
        var vectors = MemoryMarshal.Cast<float, Vector256<float>>(values);
        var codes = Vector256.Narrow(
            Vector256.Narrow(Code(vectors[0] * factor), Code(vectors[1] * factor)),
            Vector256.Narrow(Code(vectors[2] * factor), Code(vectors[3] * factor)));
        var pairs = codes.AsUInt16();                                                               // low byte first
        var packed = ((pairs << 4) & Vector256.Create((ushort)0xF0)) | (pairs >> 8);
        Vector128.Narrow(packed.GetLower(), packed.GetUpper()).CopyTo(target);
    }

    private static Vector256<uint> Code(Vector256<float> scaled)
    {
        var code = Vector256<int>.Zero;
        foreach (var threshold in Thresholds)
            code -= Vector256.GreaterThan(scaled, Vector256.Create(threshold)).AsInt32();           // a comparison that holds is −1
        return code.AsUInt32();
    }
}
