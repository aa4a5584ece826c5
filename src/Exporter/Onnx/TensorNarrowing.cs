using System.Buffers;
using System.Runtime.InteropServices;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Exporter;

/// <summary>Sources of float32 as float16 or bfloat16.</summary>
internal static class TensorNarrowing
{
    /// <param name="name">For messages.</param>
    public static TensorSource To(this TensorSource source, OnnxType type, string name) => type switch
    {
        OnnxType.Float => source,
        OnnxType.Float16 or OnnxType.BFloat16 => source with
        {
            RowBytes = source.RowBytes / 2,
            Fill = (firstRow, rows, destination) => Fill(source, firstRow, rows, destination, type, name),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Only floating-point types have fewer bits of the same value."),
    };

    private static void Fill(TensorSource source, long firstRow, int rows, Span<byte> destination, OnnxType type, string name)
    {
        var bytes = checked(rows * source.RowBytes);
        var wide = ArrayPool<byte>.Shared.Rent(bytes);
        try
        {
            source.Fill(firstRow, rows, wide.AsSpan(0, bytes));
            var values = MemoryMarshal.Cast<byte, float>(wide.AsSpan(0, bytes));
            var narrow = MemoryMarshal.Cast<byte, ushort>(destination);
            if (type == OnnxType.Float16)
                FloatNarrowing.ToFloat16(values, narrow);
            else
                FloatNarrowing.ToBFloat16(values, narrow);
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
}
