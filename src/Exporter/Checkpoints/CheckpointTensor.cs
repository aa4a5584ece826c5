using System.Buffers;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Exporter;

/// <summary>A tensor of a checkpoint that is read as float32 rows; nothing of it is held. Reading is thread-safe.</summary>
/// <param name="file">Null for a tensor that the checkpoint lacks: it has a shape and cannot be read.</param>
internal sealed class CheckpointTensor(ITensorFile? file, SafetensorsTensor tensor)
{
    private const int BandRows = 32;
    private const int BandColumns = 4096;

    /// <summary>A factor of an adapter.</summary>
    public CheckpointTensor(LoraFactor factor)
        : this(factor.File, factor.Tensor)
    {
    }

    private readonly int _elementBytes = FloatConversion.ElementBytes(tensor.DType);

    /// <summary>What is added to every value that is read as float32; the bytes as stored, and their hash, stay the base's.</summary>
    public LoraDelta? Delta { get; set; }

    public string Name => tensor.Name;

    public string DType => tensor.DType;

    public IReadOnlyList<long> Shape => tensor.Shape;

    public string ShapeText => tensor.ShapeText;

    public long ElementCount => tensor.ElementCount;

    public long Bytes => tensor.Bytes;

    public string FilePath => File.Path;

    /// <summary>The first dimension; 1 for a tensor of one dimension.</summary>
    public long Rows { get; } = tensor.Shape.Count > 1 ? tensor.Shape[0] : 1;

    /// <summary>Elements of a row.</summary>
    public int Columns { get; } = checked((int)tensor.Shape.Skip(tensor.Shape.Count > 1 ? 1 : 0).Aggregate(1L, (a, b) => a * b));

    /// <summary>Rows [firstRow, firstRow + rows) as float32, in order.</summary>
    public void ReadRows(long firstRow, int rows, Span<float> destination) =>
        Read(firstRow * Columns, destination[..checked(rows * Columns)]);

    /// <summary>All elements in order, as float32.</summary>
    /// <param name="addend">Added to every element in float32: 1 for norms that are stored as their distance from 1.</param>
    public TensorSource InOrder(float addend = 0) => new(Rows, checked(Columns * sizeof(float)), (firstRow, rows, destination) =>
    {
        var values = MemoryMarshal.Cast<byte, float>(destination)[..checked(rows * Columns)];
        ReadRows(firstRow, rows, values);
        if (addend == 0)
            return;
        foreach (ref var value in values)
            value += addend;
    });

    /// <summary>[rows, columns] as [columns, rows], every element times <paramref name="scale"/>, in float32.</summary>
    public TensorSource Transposed(float scale = 1) => new(Columns, checked((int)(Rows * sizeof(float))), (firstRow, rows, destination) =>
        ReadColumns((int)firstRow, rows, scale, MemoryMarshal.Cast<byte, float>(destination)))
    {
        ReadsColumns = true,
    };

    /// <summary>Whether another one has the same shape and numbers, whatever their types; read until they differ, not at all where both lie
    /// at the same place.</summary>
    public bool HasNumbersOf(CheckpointTensor other)
    {
        const int BufferElements = 1 << 18;
        if (!Shape.SequenceEqual(other.Shape))
            return false;
        // one storage under several names: torch saves tied weights so
        if (File == other.File && tensor.Offset == other.Offset && DType == other.DType)
            return true;
        var rows = (int)Math.Clamp(BufferElements / Math.Max(Columns, 1), 1, Math.Max(Rows, 1));
        var (own, others) = (new float[rows * Columns], new float[rows * Columns]);
        for (var row = 0L; row < Rows; row += rows)
        {
            var count = (int)Math.Min(rows, Rows - row);
            ReadRows(row, count, own);
            other.ReadRows(row, count, others);
            if (!own.AsSpan(0, count * Columns).SequenceEqual(others.AsSpan(0, count * Columns)))
                return false;
        }
        return true;
    }

    /// <summary>SHA-256 of the bytes as stored.</summary>
    public byte[] Sha256(CancellationToken cancellationToken) => File.Sha256(tensor, cancellationToken);

    /// <summary>Some columns of some rows as float32, row by row.</summary>
    public void ReadBlock(long firstRow, int rows, int firstColumn, int columns, Span<float> destination)
    {
        if (columns == Columns)
        {
            ReadRows(firstRow, rows, destination);
            return;
        }
        for (var r = 0; r < rows; r++)
            Read((firstRow + r) * Columns + firstColumn, destination.Slice(r * columns, columns));
    }

    /// <summary>Columns of the stored rows, each as one row of the destination.</summary>
    private void ReadColumns(int firstColumn, int columns, float scale, Span<float> destination)
    {
        var stride = (int)Rows;
        var width = Math.Min(columns, BandColumns);
        var band = ArrayPool<float>.Shared.Rent(BandRows * width);
        for (var row = 0; row < stride; row += BandRows)
        {
            var rows = Math.Min(BandRows, stride - row);
            for (var c = 0; c < columns; c += width)
            {
                var count = Math.Min(width, columns - c);
                ReadBlock(row, rows, firstColumn + c, count, band);
                TiledTransposition.Transpose(band, rows, count, scale, destination[(c * stride + row)..], stride);
            }
        }
        ArrayPool<float>.Shared.Return(band);
    }

    private long Offset => tensor.Offset;

    private ITensorFile File => file ?? throw new InvalidOperationException($"'{Name}' is missing.");

    // 16-bit values are read into the back half of the destination and widened from its front: no value is overwritten before it is read
    private void Read(long firstElement, Span<float> destination)
    {
        var stored = MemoryMarshal.AsBytes(destination)[^(destination.Length * _elementBytes)..];
        File.ReadBytes(tensor, firstElement * _elementBytes, stored);
        if (_elementBytes != sizeof(float))
            FloatConversion.ToFloat32(stored, DType, destination);
        Delta?.AddTo(firstElement, destination);
    }
}
