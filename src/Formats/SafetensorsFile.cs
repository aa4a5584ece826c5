using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace XlLoraOnnx.Formats;

/// <summary>A memory-mapped safetensors file, its header checked in full before anything is read.</summary>
/// <remarks>Reading is thread-safe. Spans point into the map and must not be used after <see cref="Dispose"/>.</remarks>
internal sealed class SafetensorsFile : IDisposable
{
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly nint _start;

    public static SafetensorsFile Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The file '{path}' does not exist.", path);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        var (tensors, metadata) = SafetensorsHeader.Parse(ReadHeader(stream, path), path, stream.Length);
        return new SafetensorsFile(path, tensors, metadata);
    }

    public string Path { get; }

    /// <summary>In the order of the header.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>A range of a tensor's bytes; tensors of more than 2 GiB are read in ranges.</summary>
    public ReadOnlySpan<byte> ReadBytes(SafetensorsTensor tensor, long offset, int length)
    {
        ObjectDisposedException.ThrowIf(_view.SafeMemoryMappedViewHandle.IsClosed, this);
        if (offset < 0 || length < 0 || offset > tensor.Bytes - length)
            throw new ArgumentOutOfRangeException(nameof(offset),
                $"The {length} bytes at {offset} lie outside tensor '{tensor.Name}' of {tensor.Bytes} bytes in '{Path}'.");
        ref var first = ref Unsafe.AddByteOffset(ref Unsafe.NullRef<byte>(), _start + (nint)(tensor.Offset + offset));
        return MemoryMarshal.CreateReadOnlySpan(ref first, length);
    }

    public float[] ReadFloat32(string name)
    {
        var tensor = Tensor(name);
        if (!FloatConversion.IsSupported(tensor.DType))
            throw WrongType(tensor, "float32: F32, F16 and BF16 can");
        var values = new float[tensor.ElementCount];
        FloatConversion.ToFloat32(ReadBytes(tensor, 0, checked((int)tensor.Bytes)), tensor.DType, values);
        return values;
    }

    public long[] ReadInt64(string name)
    {
        var tensor = Tensor(name);
        var bytes = ReadBytes(tensor, 0, checked((int)tensor.Bytes));
        return tensor.DType switch
        {
            "I64" => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            "I32" => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), v => (long)v),
            _ => throw WrongType(tensor, "int64: I64 and I32 can"),
        };
    }

    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }

    private SafetensorsFile(string path, Dictionary<string, SafetensorsTensor> tensors, Dictionary<string, string> metadata)
    {
        Path = path;
        Tensors = tensors;
        Metadata = metadata;
        _map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _start = _view.SafeMemoryMappedViewHandle.DangerousGetHandle() + (nint)_view.PointerOffset;
    }

    private static byte[] ReadHeader(FileStream stream, string path)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (stream.Length < 8)
            throw SafetensorsHeader.Malformed(path, $"it has {stream.Length} bytes, too few for the length of a header");
        stream.ReadExactly(prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)SafetensorsHeader.MaxBytes)
            throw SafetensorsHeader.Malformed(path,
                $"its header claims {length} bytes, more than the {SafetensorsHeader.MaxBytes} allowed");
        if ((long)length > stream.Length - 8)
            throw SafetensorsHeader.Malformed(path,
                $"it is truncated: it has {stream.Length} bytes and its header alone promises {length + 8}. Download or copy it again");
        var header = new byte[length];
        stream.ReadExactly(header);
        return header;
    }

    private SafetensorsTensor Tensor(string name) => Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new InvalidDataException($"'{Path}' has no tensor '{name}'.");

    private NotSupportedException WrongType(SafetensorsTensor tensor, string allowed) =>
        new($"Tensor '{tensor.Name}' of '{Path}' has type {tensor.DType} and cannot be read as {allowed}.");
}
