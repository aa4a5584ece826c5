using System.Numerics;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>scale · B A of one LoRA module, added to the weight of its base [out, in] as that is read: the two as one matrix.</summary>
/// <param name="a">[rank, in]</param>
/// <param name="b">[out, rank]</param>
internal sealed class LoraDelta(CheckpointTensor a, CheckpointTensor b, float scale)
{
    private readonly Lazy<float[]> _a = new(() => All(a));
    private readonly Lazy<float[]> _b = new(() => All(b));
    private readonly int _rank = checked((int)a.Rows);
    private readonly int _columns = a.Columns;

    /// <summary>Adds to consecutive elements of the weight, row by row, the first of them <paramref name="firstElement"/>.
    /// Thread-safe.</summary>
    public void AddTo(long firstElement, Span<float> values)
    {
        while (values.Length > 0)
        {
            var (row, column) = (firstElement / _columns, (int)(firstElement % _columns));
            var count = Math.Min(values.Length, _columns - column);
            AddToRow((int)row, column, values[..count]);
            values = values[count..];
            firstElement += count;
        }
    }

    private void AddToRow(int row, int column, Span<float> values)
    {
        for (var k = 0; k < _rank; k++)
        {
            var factor = scale * _b.Value[row * _rank + k];
            AddScaled(_a.Value.AsSpan(k * _columns + column, values.Length), factor, values);
        }
    }

    private static void AddScaled(ReadOnlySpan<float> x, float factor, Span<float> y)
    {
        var xs = MemoryMarshal.Cast<float, Vector<float>>(x);
        var ys = MemoryMarshal.Cast<float, Vector<float>>(y);
        for (var i = 0; i < ys.Length; i++)
            ys[i] += xs[i] * factor;
        for (var i = ys.Length * Vector<float>.Count; i < y.Length; i++)
            y[i] += x[i] * factor;
    }

    private static float[] All(CheckpointTensor tensor)
    {
        var values = new float[tensor.ElementCount];
        tensor.ReadRows(0, checked((int)tensor.Rows), values);
        return values;
    }
}
