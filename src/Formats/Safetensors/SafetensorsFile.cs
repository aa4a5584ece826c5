using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Formats;

/// <summary>A safetensors file, its header checked in full before anything is read.</summary>
/// <remarks>
/// Reading is thread-safe. The file is read into the caller's memory and not mapped: mapped pages would count as memory of the process.
/// </remarks>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    public static SafetensorsFile Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The file '{path}' does not exist.", path);
        var handle = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(handle);
            var (tensors, metadata) = SafetensorsHeader.Parse(ReadHeader(handle, path, length), path, length);
            return new SafetensorsFile(path, handle, tensors, metadata);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public string Path { get; }

    /// <summary>Bytes.</summary>
    public long Length => RandomAccess.GetLength(_handle);

    public DateTime LastWriteTimeUtc => File.GetLastWriteTimeUtc(_handle);

    /// <summary>In the order of the header.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    public byte[] ReadBytes(SafetensorsTensor tensor)
    {
        var bytes = new byte[checked((int)tensor.Bytes)];
        ReadBytes(tensor, 0, bytes);
        return bytes;
    }

    /// <summary>Fills <paramref name="destination"/> with a tensor's bytes from <paramref name="offset"/> on.</summary>
    public void ReadBytes(SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        if (offset < 0 || offset > tensor.Bytes - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset),
                $"The {destination.Length} bytes at {offset} lie outside tensor '{tensor.Name}' of {tensor.Bytes} bytes in '{Path}'.");
        ReadExactly(_handle, Path, tensor.Offset + offset, destination);
    }

    public float[] ReadFloat32(string name)
    {
        var tensor = Tensor(name);
        if (!FloatConversion.IsSupported(tensor.DType))
            throw WrongType(tensor, "float32: F32, F16 and BF16 can");
        var values = new float[tensor.ElementCount];
        FloatConversion.ToFloat32(ReadBytes(tensor), tensor.DType, values);
        return values;
    }

    public long[] ReadInt64(string name)
    {
        var tensor = Tensor(name);
        var bytes = ReadBytes(tensor);
        return tensor.DType switch
        {
            "I64" => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            "I32" => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), v => (long)v),
            _ => throw WrongType(tensor, "int64: I64 and I32 can"),
        };
    }

    public void Dispose() => _handle.Dispose();

    private SafetensorsFile(
        string path, SafeFileHandle handle, Dictionary<string, SafetensorsTensor> tensors, Dictionary<string, string> metadata)
    {
        Path = path;
        Tensors = tensors;
        Metadata = metadata;
        _handle = handle;
    }

    private static byte[] ReadHeader(SafeFileHandle handle, string path, long fileBytes)
    {
        Span<byte> prefix = stackalloc byte[8];
        if (fileBytes < 8)
            throw SafetensorsHeader.Malformed(path, $"it has {fileBytes} bytes, too few for the length of a header");
        ReadExactly(handle, path, 0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)SafetensorsHeader.MaxBytes)
            throw SafetensorsHeader.Malformed(path,
                $"its header claims {length} bytes, more than the {SafetensorsHeader.MaxBytes} allowed");
        if ((long)length > fileBytes - 8)
            throw SafetensorsHeader.Malformed(path,
                $"it is truncated: it has {fileBytes} bytes and its header alone promises {length + 8}. Download or copy it again");
        var header = new byte[length];
        ReadExactly(handle, path, 8, header);
        return header;
    }

    private static void ReadExactly(SafeFileHandle handle, string path, long position, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
                throw SafetensorsHeader.Malformed(path,
                    $"it ends {destination.Length} bytes too early, at {position}: it was cut while it was read");
            position += read;
            destination = destination[read..];
        }
    }

    private SafetensorsTensor Tensor(string name) => Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new InvalidDataException($"'{Path}' has no tensor '{name}'.");

    private NotSupportedException WrongType(SafetensorsTensor tensor, string allowed) =>
        new($"Tensor '{tensor.Name}' of '{Path}' has type {tensor.DType} and cannot be read as {allowed}.");
}
