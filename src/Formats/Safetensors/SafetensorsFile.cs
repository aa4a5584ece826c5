using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Formats;

/// <summary>A safetensors file, its header checked in full before anything is read.</summary>
/// <remarks>
/// Reading is thread-safe. The file is read into the caller's memory and not mapped: mapped pages would count as memory of the process.
/// </remarks>
public sealed class SafetensorsFile : ITensorFile
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

    /// <summary>Fills <paramref name="destination"/> with a tensor's bytes from <paramref name="offset"/> on.</summary>
    public void ReadBytes(SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        TensorFileReads.Read(_handle, Path, tensor, offset, destination);
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
        TensorFileReads.ReadExactly(handle, path, 0, prefix);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)SafetensorsHeader.MaxBytes)
            throw SafetensorsHeader.Malformed(path,
                $"its header claims {length} bytes, more than the {SafetensorsHeader.MaxBytes} allowed");
        if ((long)length > fileBytes - 8)
            throw SafetensorsHeader.Malformed(path,
                $"it is truncated: it has {fileBytes} bytes and its header alone promises {length + 8}. Download or copy it again");
        var header = new byte[length];
        TensorFileReads.ReadExactly(handle, path, 8, header);
        return header;
    }
}
