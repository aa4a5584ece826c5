using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// A weight that bitsandbytes stored in 4 bits, read as float32: <c>quant_map[code] · absmax[element / blocksize]</c>, elements in row-major
/// order over the whole weight, the high half of a byte first (bitsandbytes, functional.py, dequantize_4bit; the state beside the codes:
/// QuantState.as_dict). Nothing of it is held but its 16 values. Reading is thread-safe.
/// </summary>
/// <remarks>The formula, not the library: its CPU kernel of 0.50.2 is wrong for rows that are no multiple of a block.</remarks>
internal sealed class Nf4Tensor : ITensorFile
{
    public const string StateSuffix = ".quant_state.bitsandbytes__nf4";

    private const int MostStateBytes = 1 << 16;

    private readonly (ITensorFile File, SafetensorsTensor Tensor) _codes;
    private readonly (ITensorFile File, SafetensorsTensor Tensor) _absMax;
    private readonly float[] _values;
    private readonly int _blockSize;

    /// <param name="name">Of the weight.</param>
    /// <param name="find">A tensor of the checkpoint by its name; null if there is none.</param>
    /// <exception cref="InvalidDataException">A part of it is missing, or they do not fit one another.</exception>
    /// <exception cref="NotSupportedException">It is quantised otherwise.</exception>
    public Nf4Tensor(string name, Func<string, (ITensorFile File, SafetensorsTensor Tensor)?> find)
    {
        _codes = Part("");
        _absMax = Part(".absmax");
        var map = Part(".quant_map");
        var (shape, block) = ReadState(Part(StateSuffix));
        _blockSize = block;
        var count = shape[0] * shape[1];
        Expect(_codes, "U8", (count + 1) / 2);
        Expect(_absMax, "F32", (count + block - 1) / block);
        Expect(map, "F32", 16);
        _values = MemoryMarshal.Cast<byte, float>(map.File.ReadBytes(map.Tensor)).ToArray();
        Tensor = new SafetensorsTensor(_codes.Tensor.Name, "F32", shape, 0, count * sizeof(float));

        (ITensorFile File, SafetensorsTensor Tensor) Part(string suffix) => find(name + suffix) ?? throw new InvalidDataException(
            $"'{name}' is a 4-bit weight of bitsandbytes without '{name}{suffix}'. Save the run again, whole.");
    }

    /// <summary>As float32.</summary>
    public SafetensorsTensor Tensor { get; }

    public string Path => _codes.File.Path;

    public long Length => _codes.File.Length;

    public DateTime LastWriteTimeUtc => _codes.File.LastWriteTimeUtc;

    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors =>
        new Dictionary<string, SafetensorsTensor> { [Tensor.Name] = Tensor };

    public void ReadBytes(SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        if (offset % sizeof(float) != 0 || destination.Length % sizeof(float) != 0 || offset < 0
            || offset > Tensor.Bytes - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset), offset,
                $"{destination.Length} bytes from {offset} on are no whole numbers of '{Tensor.Name}', which has {Tensor.Bytes} bytes.");
        if (destination.IsEmpty)
            return;
        var result = MemoryMarshal.Cast<byte, float>(destination);
        var first = offset / sizeof(float);
        var (firstByte, firstBlock) = (first / 2, first / _blockSize);
        var byteCount = (int)((first + result.Length + 1) / 2 - firstByte);
        var blockCount = (int)((first + result.Length - 1) / _blockSize - firstBlock + 1);
        var codes = ArrayPool<byte>.Shared.Rent(byteCount);
        var absMax = ArrayPool<float>.Shared.Rent(blockCount);
        _codes.File.ReadBytes(_codes.Tensor, firstByte, codes.AsSpan(0, byteCount));
        _absMax.File.ReadBytes(_absMax.Tensor, firstBlock * sizeof(float), MemoryMarshal.AsBytes(absMax.AsSpan(0, blockCount)));
        for (var i = 0; i < result.Length; i++)
        {
            var element = first + i;
            var both = codes[element / 2 - firstByte];
            result[i] = _values[element % 2 == 0 ? both >> 4 : both & 15] * absMax[element / _blockSize - firstBlock];
        }
        ArrayPool<byte>.Shared.Return(codes);
        ArrayPool<float>.Shared.Return(absMax);
    }

    /// <summary>The files are whoever's who opened them.</summary>
    public void Dispose()
    {
    }

    private static void Expect((ITensorFile File, SafetensorsTensor Tensor) part, string type, long elements)
    {
        if (part.Tensor.DType != type || part.Tensor.ElementCount != elements)
            throw new InvalidDataException($"'{part.File.Path}': '{part.Tensor.Name}' is {part.Tensor.DType} {part.Tensor.ShapeText}; by the "
                + $"shape and block size of its weight it must have {elements} elements of {type}. Save the run again, whole.");
    }

    private static (long[] Shape, int BlockSize) ReadState((ITensorFile File, SafetensorsTensor Tensor) state)
    {
        var (file, tensor) = state;
        if (tensor.DType != "U8" || tensor.Bytes > MostStateBytes)
            throw Malformed($"is {tensor.DType} {tensor.ShapeText}, where JSON in bytes is expected");
        try
        {
            using var json = JsonDocument.Parse(file.ReadBytes(tensor), new JsonDocumentOptions { MaxDepth = 8 });
            var root = json.RootElement;
            if (root.GetProperty("quant_type").GetString() is var type and not "nf4")
                throw new NotSupportedException($"'{file.Path}': '{tensor.Name}' has the quant_type \"{type}\"; nf4 is read.");
            if (root.EnumerateObject().Select(p => p.Name).FirstOrDefault(n => n.StartsWith("nested", StringComparison.Ordinal)) is { } nested)
                throw new NotSupportedException(
                    $"'{file.Path}': '{tensor.Name}' has {nested}: its scales are quantised once more (double quantisation), which is not "
                    + "read. Load the run in Python where you trust it and save it without.");
            var shape = root.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()).ToArray();
            var block = root.GetProperty("blocksize").GetInt32();
            if (block < 1 || shape.Length != 2 || Array.Exists(shape, d => d is < 1 or > int.MaxValue))
                throw Malformed($"has the block size {block} and the shape [{string.Join(", ", shape)}]");
            return (shape, block);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw Malformed("is not the state of a 4-bit weight: " + e.Message, e);
        }

        InvalidDataException Malformed(string what, Exception? inner = null) =>
            new($"'{file.Path}': '{tensor.Name}' {what}. Save the run again, whole.", inner);
    }
}
