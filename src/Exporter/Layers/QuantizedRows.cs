using System.Buffers;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>Initializers made of the rows of a checkpoint tensor [out, in], some rows at a time.</summary>
internal static class QuantizedRows
{
    private const int BatchElements = 1 << 15;

    private delegate void QuantizeRow(ReadOnlySpan<float> row, Span<byte> destination);

    public static TensorSource Codes(CheckpointTensor tensor, BlockQuantizer quantizer) => Source(
        tensor, quantizer.PaddedColumns(tensor.Columns), quantizer.CodeBytes(tensor.Columns), quantizer.Codes, check: true);

    public static TensorSource Scales(CheckpointTensor tensor, BlockQuantizer quantizer) => Source(
        tensor, quantizer.PaddedColumns(tensor.Columns), quantizer.Blocks(tensor.Columns) * sizeof(float),
        (row, scales) => quantizer.Scales(row, MemoryMarshal.Cast<byte, float>(scales)));

    public static TensorSource ZeroPoints(CheckpointTensor tensor, BlockQuantizer quantizer) => Source(
        tensor, quantizer.PaddedColumns(tensor.Columns), quantizer.ZeroPointBytes(tensor.Columns), quantizer.ZeroPoints);

    public static TensorSource Codes(CheckpointTensor tensor, Nf4Quantizer quantizer) => Source(
        tensor, tensor.Columns, Nf4Quantizer.CodeBytes(tensor.Columns), quantizer.Codes, check: true);

    public static TensorSource AbsMaxima(CheckpointTensor tensor, Nf4Quantizer quantizer) => Source(
        tensor, tensor.Columns, quantizer.Blocks(tensor.Columns) * sizeof(float),
        (row, maxima) => quantizer.AbsMaxima(row, MemoryMarshal.Cast<byte, float>(maxima)));

    /// <summary>One NaN would spoil its row or block and leave no trace.</summary>
    public static void CheckFinite(CheckpointTensor tensor, long row, ReadOnlySpan<float> values)
    {
        if (NonFinite.IndexOf(values) is var column and >= 0)
            throw new InvalidDataException(
                $"'{tensor.FilePath}': tensor '{tensor.Name}' holds {values[column]} in row {row}, column {column}; only finite numbers "
                + "can be quantised. Get the checkpoint again.");
    }

    /// <param name="padded">Elements of a row with the zeros that fill its last block.</param>
    /// <param name="check">Whether numbers that are not finite are refused; the codes do so for the scales beside them.</param>
    private static TensorSource Source(CheckpointTensor tensor, int padded, int rowBytes, QuantizeRow quantize, bool check = false) =>
        new(tensor.Rows, rowBytes, (firstRow, rows, destination) =>
        {
            var columns = tensor.Columns;
            var batchRows = Math.Clamp(BatchElements / columns, 1, rows);
            var batch = ArrayPool<float>.Shared.Rent(batchRows * columns);
            var row = new float[padded == columns ? 0 : padded];
            for (var begin = 0; begin < rows; begin += batchRows)
            {
                var count = Math.Min(batchRows, rows - begin);
                tensor.ReadRows(firstRow + begin, count, batch);
                for (var r = 0; r < count; r++)
                {
                    ReadOnlySpan<float> values = batch.AsSpan(r * columns, columns);
                    if (row.Length > 0)
                    {
                        values.CopyTo(row);
                        values = row;
                    }
                    if (check)
                        CheckFinite(tensor, firstRow + begin + r, values);
                    quantize(values, destination.Slice((begin + r) * rowBytes, rowBytes));
                }
            }
            ArrayPool<float>.Shared.Return(batch);
        });
}
