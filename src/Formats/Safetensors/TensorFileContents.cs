using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace XlLoraOnnx.Formats;

/// <summary>Whole tensors of a file: their values, and what can be said of them by reading all once, in tiles.</summary>
public static class TensorFileContents
{
    private const int TileBytes = 1 << 20;

    /// <summary>A tensor's bytes, row-major and little endian.</summary>
    public static byte[] ReadBytes(this ITensorFile file, SafetensorsTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(tensor);
        var bytes = new byte[checked((int)tensor.Bytes)];
        file.ReadBytes(tensor, 0, bytes);
        return bytes;
    }

    /// <summary>A tensor's values in row-major order.</summary>
    /// <exception cref="InvalidDataException">There is none of the name.</exception>
    /// <exception cref="NotSupportedException">The tensor is none of F32, F16 and BF16.</exception>
    public static float[] ReadFloat32(this ITensorFile file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        var tensor = Tensor(file, name);
        if (!FloatConversion.IsSupported(tensor.DType))
            throw WrongType(file, tensor, "float32: F32, F16 and BF16 can");
        var values = new float[tensor.ElementCount];
        FloatConversion.ToFloat32(file.ReadBytes(tensor), tensor.DType, values);
        return values;
    }

    /// <summary>A tensor's values in row-major order.</summary>
    /// <exception cref="InvalidDataException">There is none of the name.</exception>
    /// <exception cref="NotSupportedException">The tensor is neither I64 nor I32.</exception>
    public static long[] ReadInt64(this ITensorFile file, string name)
    {
        ArgumentNullException.ThrowIfNull(file);
        var tensor = Tensor(file, name);
        var bytes = file.ReadBytes(tensor);
        return tensor.DType switch
        {
            "I64" => MemoryMarshal.Cast<byte, long>(bytes).ToArray(),
            "I32" => Array.ConvertAll(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), v => (long)v),
            _ => throw WrongType(file, tensor, "int64: I64 and I32 can"),
        };
    }

    /// <summary>SHA-256 of the bytes as stored.</summary>
    public static byte[] Sha256(this ITensorFile file, SafetensorsTensor tensor, CancellationToken cancellationToken = default)
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
    public static long? FirstNonFinite(this ITensorFile file, SafetensorsTensor tensor)
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

    private static SafetensorsTensor Tensor(ITensorFile file, string name) => file.Tensors.TryGetValue(name, out var tensor)
        ? tensor
        : throw new InvalidDataException($"'{file.Path}' has no tensor '{name}'.");

    private static NotSupportedException WrongType(ITensorFile file, SafetensorsTensor tensor, string allowed) =>
        new($"Tensor '{tensor.Name}' of '{file.Path}' has type {tensor.DType} and cannot be read as {allowed}.");
}
