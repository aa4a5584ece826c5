using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using XlLoraOnnx.Formats;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// A tensor of a checkpoint that is read as float32, a tile at a time: never more than a few MiB of it are in managed memory.
/// </summary>
internal sealed class CheckpointTensor(SafetensorsFile file, SafetensorsTensor tensor)
{
    private const int TileBytes = 8 << 20;
    private const int BandRows = 32;
    private const int BandColumns = 1024;

    private readonly int _elementBytes = FloatConversion.ElementBytes(tensor.DType);

    public string Name => tensor.Name;

    public string DType => tensor.DType;

    public IReadOnlyList<long> Shape => tensor.Shape;

    public string ShapeText => tensor.ShapeText;

    public long ElementCount => tensor.ElementCount;

    public string FilePath => file.Path;

    /// <summary>SHA-256 of the bytes as stored.</summary>
    public byte[] Sha256(CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long offset = 0; offset < tensor.Bytes; offset += TileBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            hash.AppendData(file.ReadBytes(tensor, offset, (int)Math.Min(TileBytes, tensor.Bytes - offset)));
        }
        return hash.GetHashAndReset();
    }

    /// <summary>All elements in order.</summary>
    /// <param name="addend">Added to every element in float32: 1 for norms that are stored as their distance from 1.</param>
    public void Write(Stream destination, float addend, CancellationToken cancellationToken)
    {
        foreach (var values in Tiles(cancellationToken))
        {
            if (addend != 0)
            {
                foreach (ref var value in values.Span)
                    value += addend;
            }
            destination.Write(MemoryMarshal.AsBytes(values.Span));
        }
    }

    /// <summary>[rows, columns] as [columns, rows], every element times <paramref name="scale"/>, in float32.</summary>
    public void WriteTransposed(Stream destination, float scale, CancellationToken cancellationToken)
    {
        var (rows, columns) = (checked((int)Shape[0]), checked((int)Shape[1]));
        if (rows == 0 || columns == 0)
            return;
        var tileColumns = (int)Math.Clamp(TileBytes / ((long)rows * sizeof(float)), 1, columns);
        var tile = ArrayPool<float>.Shared.Rent(checked(tileColumns * rows));
        try
        {
            for (var begin = 0; begin < columns; begin += tileColumns)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = Math.Min(tileColumns, columns - begin);
                TransposeTile(tile, begin, count, scale);
                destination.Write(MemoryMarshal.AsBytes(tile.AsSpan(0, count * rows)));
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(tile);
        }
    }

    /// <summary>The index of the first element that is not a finite number; null when all are.</summary>
    public long? FirstNonFinite()
    {
        long position = 0;
        foreach (var values in Tiles(CancellationToken.None))
        {
            for (var i = 0; i < values.Length; i++)
            {
                if (!float.IsFinite(values.Span[i]))
                    return position + i;
            }
            position += values.Length;
        }
        return null;
    }

    /// <summary>The elements as float32, in order; the memory is reused from one tile to the next.</summary>
    private IEnumerable<Memory<float>> Tiles(CancellationToken cancellationToken)
    {
        const int TileElements = TileBytes / sizeof(float);
        var buffer = new float[Math.Min(TileElements, ElementCount)];
        for (long done = 0; done < ElementCount; done += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var count = (int)Math.Min(buffer.Length, ElementCount - done);
            FloatConversion.ToFloat32(file.ReadBytes(tensor, done * _elementBytes, count * _elementBytes), DType, buffer.AsSpan(0, count));
            yield return buffer.AsMemory(0, count);
        }
    }

    // bands of rows run in parallel: each fills columns of its own in the tile
    private void TransposeTile(float[] tile, int columnBegin, int columnCount, float scale)
    {
        var (rows, columns) = ((int)Shape[0], Shape[1]);
        Parallel.For(0, (rows + BandRows - 1) / BandRows, band =>
        {
            var rowBegin = band * BandRows;
            var rowCount = Math.Min(BandRows, rows - rowBegin);
            var scratch = ArrayPool<float>.Shared.Rent(BandRows * BandColumns);
            for (var c = 0; c < columnCount; c += BandColumns)
            {
                var width = Math.Min(BandColumns, columnCount - c);
                for (var r = 0; r < rowCount; r++)
                {
                    var element = (rowBegin + r) * columns + columnBegin + c;
                    var bytes = file.ReadBytes(tensor, element * _elementBytes, width * _elementBytes);
                    FloatConversion.ToFloat32(bytes, DType, scratch.AsSpan(r * width, width));
                }
                TiledTransposition.Transpose(scratch, rowCount, width, scale, tile.AsSpan(c * rows + rowBegin), rows);
            }
            ArrayPool<float>.Shared.Return(scratch);
        });
    }
}
