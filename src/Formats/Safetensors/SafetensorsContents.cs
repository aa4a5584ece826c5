using System.Buffers;
using System.Security.Cryptography;

namespace XlLoraOnnx.Formats;

/// <summary>What can be said of a tensor by reading all of it once, in tiles.</summary>
public static class SafetensorsContents
{
    private const int TileBytes = 1 << 20;

    /// <summary>SHA-256 of the bytes as stored.</summary>
    public static byte[] Sha256(this SafetensorsFile file, SafetensorsTensor tensor, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(tensor);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var tile = ArrayPool<byte>.Shared.Rent(TileBytes);
        for (long offset = 0; offset < tensor.Bytes; offset += TileBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var bytes = tile.AsSpan(0, (int)Math.Min(TileBytes, tensor.Bytes - offset));
            file.ReadBytes(tensor, offset, bytes);
            hash.AppendData(bytes);
        }
        ArrayPool<byte>.Shared.Return(tile);
        return hash.GetHashAndReset();
    }

    /// <summary>The index of the first element that is not a finite number; null when all are.</summary>
    /// <exception cref="NotSupportedException">The tensor is none of F32, F16 and BF16.</exception>
    public static long? FirstNonFinite(this SafetensorsFile file, SafetensorsTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(tensor);
        var elementBytes = FloatConversion.ElementBytes(tensor.DType);
        var values = new float[Math.Min(TileBytes / sizeof(float), tensor.ElementCount)];
        var stored = new byte[values.Length * elementBytes];
        for (long first = 0; first < tensor.ElementCount; first += values.Length)
        {
            var count = (int)Math.Min(values.Length, tensor.ElementCount - first);
            file.ReadBytes(tensor, first * elementBytes, stored.AsSpan(0, count * elementBytes));
            FloatConversion.ToFloat32(stored.AsSpan(0, count * elementBytes), tensor.DType, values.AsSpan(0, count));
            for (var i = 0; i < count; i++)
            {
                if (!float.IsFinite(values[i]))
                    return first + i;
            }
        }
        return null;
    }
}
