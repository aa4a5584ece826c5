using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Formats;

/// <summary>Bytes of open files, at given places. They are read and not mapped: mapped pages count as memory of the process.</summary>
internal static class TensorFileReads
{
    public static void Read(SafeFileHandle handle, string path, SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > tensor.Bytes - destination.Length)
            throw new ArgumentOutOfRangeException(nameof(offset),
                $"The {destination.Length} bytes at {offset} lie outside tensor '{tensor.Name}' of {tensor.Bytes} bytes in '{path}'.");
        ReadExactly(handle, path, tensor.Offset + offset, destination);
    }

    public static void ReadExactly(SafeFileHandle handle, string path, long position, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, position);
            if (read == 0)
                throw new InvalidDataException(
                    $"'{path}' ends {destination.Length} bytes too early, at {position}: it was cut while it was read.");
            position += read;
            destination = destination[read..];
        }
    }
}
