using System.Buffers;
using System.Text;
using ParquetSharp;

namespace XlLoraOnnx.Datasets;

/// <summary>Texts of one column that wait for their row group, as UTF-8 one after the other.</summary>
internal sealed class TextBlock
{
    private const int BatchRows = 1024;
    // where every value is there, each has level 1
    private static readonly short[] Present = [.. Enumerable.Repeat((short)1, BatchRows)];
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<int> _ends = [];

    public int Bytes => _bytes.WrittenCount;

    /// <exception cref="ArgumentException">The text has half of a surrogate pair.</exception>
    public void Add(string text)
    {
        Strict.GetBytes(text, _bytes);
        _ends.Add(_bytes.WrittenCount);
    }

    public unsafe void WriteTo(ColumnWriter<ByteArray> column)
    {
        Span<ByteArray> values = stackalloc ByteArray[BatchRows];
        fixed (byte* bytes = _bytes.WrittenSpan)
        {
            for (int row = 0, start = 0; row < _ends.Count;)
            {
                var count = Math.Min(BatchRows, _ends.Count - row);
                for (var i = 0; i < count; i++, row++)
                {
                    values[i] = new ByteArray((nint)bytes + start, _ends[row] - start);
                    start = _ends[row];
                }
                column.WriteBatch(count, Present.AsSpan(0, count), [], values[..count]);
            }
        }
    }

    public void Clear()
    {
        _bytes.ResetWrittenCount();
        _ends.Clear();
    }
}
