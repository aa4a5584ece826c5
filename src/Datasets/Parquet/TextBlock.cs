using System.Buffers;
using System.Text;
using ParquetSharp;
using ParquetSharp.Schema;

namespace XlLoraOnnx.Datasets;

/// <summary>Texts, as UTF-8 one after the other.</summary>
internal sealed class TextBlock : ParquetBlock
{
    private const int BatchRows = 1024;
    // where every value is there, each has level 1
    private static readonly short[] Present = [.. Enumerable.Repeat((short)1, BatchRows)];
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private readonly List<int> _ends = [];

    public override int Bytes => _bytes.WrittenCount;

    public override Node Node(string name)
    {
        using var text = LogicalType.String();
        return new PrimitiveNode(name, Repetition.Optional, text, PhysicalType.ByteArray);
    }

    /// <exception cref="ArgumentException">The text has half of a surrogate pair.</exception>
    public override void Add(string text)
    {
        Strict.GetBytes(text, _bytes);
        _ends.Add(_bytes.WrittenCount);
    }

    public override unsafe void WriteTo(RowGroupWriter group)
    {
        using var column = (ColumnWriter<ByteArray>)group.NextColumn();
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

    /// <summary>All at once, of lists that begin and end anywhere.</summary>
    public unsafe void WriteTo(RowGroupWriter group, ReadOnlySpan<short> definitions, ReadOnlySpan<short> repetitions)
    {
        using var column = (ColumnWriter<ByteArray>)group.NextColumn();
        var values = new ByteArray[_ends.Count];
        fixed (byte* bytes = _bytes.WrittenSpan)
        {
            for (int i = 0, start = 0; i < values.Length; start = _ends[i++])
                values[i] = new ByteArray((nint)bytes + start, _ends[i] - start);
            column.WriteBatch(definitions.Length, definitions, repetitions, values);
        }
    }

    public override void Clear()
    {
        _bytes.ResetWrittenCount();
        _ends.Clear();
    }
}
