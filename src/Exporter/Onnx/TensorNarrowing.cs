using System.Buffers;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>Sources of float32 as float16 or bfloat16.</summary>
internal static class TensorNarrowing
{
    private const int WideBytes = 8 << 20;

    /// <param name="name">For messages.</param>
    public static TensorSource To(this TensorSource source, OnnxType type, string name) => type == OnnxType.Float ? source : source with
    {
        RowBytes = source.RowBytes / 2,
        Fill = (firstRow, rows, destination) => Fill(source, firstRow, rows, destination, type, name),
    };

    private static void Fill(TensorSource source, long firstRow, int rows, Span<byte> destination, OnnxType type, string name)
    {
        var rowsAtOnce = Math.Clamp(WideBytes / Math.Max(source.RowBytes, 1), 1, Math.Max(rows, 1));
        var wide = ArrayPool<byte>.Shared.Rent(checked(rowsAtOnce * source.RowBytes));
        try
        {
            for (var row = 0; row < rows; row += rowsAtOnce)
            {
                var bytes = Math.Min(rowsAtOnce, rows - row) * source.RowBytes;
                source.Fill(firstRow + row, bytes / Math.Max(source.RowBytes, 1), wide.AsSpan(0, bytes));
                var narrow = MemoryMarshal.Cast<byte, ushort>(destination[checked(row * (source.RowBytes / 2))..]);
                Narrow(MemoryMarshal.Cast<byte, float>(wide.AsSpan(0, bytes)), narrow, type);
            }
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"'{name}' cannot be exported in {type}: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(wide);
        }
    }

    private static void Narrow(ReadOnlySpan<float> values, Span<ushort> destination, OnnxType type)
    {
        if (type == OnnxType.Float16)
            FloatNarrowing.ToFloat16(values, destination);
        else
            FloatNarrowing.ToBFloat16(values, destination);
    }
}
