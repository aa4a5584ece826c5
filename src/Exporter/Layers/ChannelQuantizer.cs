using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// A weight [out, in] to whole numbers [in, out] with one scale for each feature out, for products of 8-bit numbers: w ≈ code · scale.
/// Symmetric, so that the products need no correction for the weight.
/// </summary>
/// <remarks>
/// Codes are within ± 63, one bit less than fits. Without VNNI, kernels for unsigned activations and signed weights add two products in 16
/// bits that saturate (vpmaddubsw; ONNX Runtime, docs on quantization, "reduce_range"): 255 · 63 · 2 fits into them, 255 · 127 · 2 does
/// not. So a folder gives the same whole numbers on every machine, whichever kernel it has.
/// </remarks>
internal sealed class ChannelQuantizer
{
    /// <summary>The largest code.</summary>
    public const int Limit = 63;

    private const int BandRows = 32;
    private const int BatchElements = 1 << 16;

    private readonly CheckpointTensor _tensor;
    private readonly Lazy<float[]> _scales;

    /// <param name="tensor">[out, in]; read when the first bytes are asked for.</param>
    public ChannelQuantizer(CheckpointTensor tensor) => (_tensor, _scales) = (tensor, new Lazy<float[]>(ReadScales));

    /// <summary>int8 [in, out]</summary>
    public TensorSource Codes() => new(_tensor.Columns, checked((int)_tensor.Rows),
        (firstRow, rows, destination) => Fill((int)firstRow, rows, MemoryMarshal.Cast<byte, sbyte>(destination)))
    {
        ReadsColumns = true,
    };

    /// <summary>float32 [out]</summary>
    /// <param name="factor">What they are multiplied by: the step of the activations.</param>
    public TensorSource Scales(float factor) => new(1, checked((int)_tensor.Rows * sizeof(float)), (_, _, destination) =>
    {
        var scales = MemoryMarshal.Cast<byte, float>(destination);
        for (var i = 0; i < _scales.Value.Length; i++)
            scales[i] = _scales.Value[i] * factor;
    });

    private float[] ReadScales()
    {
        var (columns, scales) = (_tensor.Columns, new float[_tensor.Rows]);
        var rowsAtOnce = (int)Math.Clamp(BatchElements / columns, 1, _tensor.Rows);
        var batch = ArrayPool<float>.Shared.Rent(rowsAtOnce * columns);
        for (var first = 0; first < scales.Length; first += rowsAtOnce)
        {
            var rows = Math.Min(rowsAtOnce, scales.Length - first);
            _tensor.ReadRows(first, rows, batch);
            for (var row = 0; row < rows; row++)
            {
                ReadOnlySpan<float> values = batch.AsSpan(row * columns, columns);
                QuantizedRows.CheckFinite(_tensor, first + row, values);
                scales[first + row] = Math.Abs(TensorPrimitives.MaxMagnitude(values)) / Limit;
            }
        }
        ArrayPool<float>.Shared.Return(batch);
        return scales;
    }

    /// <summary>Columns of the stored rows, a band of rows at a time, each column as one row of the destination.</summary>
    private void Fill(int firstColumn, int columns, Span<sbyte> destination)
    {
        var (scales, stride) = (_scales.Value, (int)_tensor.Rows);
        var band = ArrayPool<float>.Shared.Rent(BandRows * columns);
        Span<float> factors = stackalloc float[BandRows];
        for (var first = 0; first < stride; first += BandRows)
        {
            var rows = Math.Min(BandRows, stride - first);
            _tensor.ReadBlock(first, rows, firstColumn, columns, band);
            for (var r = 0; r < rows; r++)
            {
                // scales too small to be inverted stand for rows that are zero for all purposes
                var factor = 1 / scales[first + r];
                factors[r] = float.IsFinite(factor) ? factor : 0;
            }
            for (var column = 0; column < columns; column++)
            {
                var line = destination.Slice(column * stride + first, rows);
                for (var r = 0; r < rows; r++)
                    line[r] = (sbyte)MathF.Round(band[r * columns + column] * factors[r]);
            }
        }
        ArrayPool<float>.Shared.Return(band);
    }
}
