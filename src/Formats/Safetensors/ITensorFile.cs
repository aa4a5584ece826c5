namespace XlLoraOnnx.Formats;

/// <summary>A file of tensors that are read in place: safetensors, or what <c>torch.save</c> writes of a state dict.</summary>
/// <remarks>Reading is thread-safe. Nothing of a tensor is held.</remarks>
public interface ITensorFile : IDisposable
{
    /// <summary>As it was opened.</summary>
    string Path { get; }

    /// <summary>Bytes.</summary>
    long Length { get; }

    /// <summary>When the file was last written.</summary>
    DateTime LastWriteTimeUtc { get; }

    /// <summary>By name, in the order of the file. Several may lie at the same place.</summary>
    IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <summary>Fills <paramref name="destination"/> with a tensor's bytes, row-major and little endian, from
    /// <paramref name="offset"/> on.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bytes lie outside the tensor.</exception>
    /// <exception cref="InvalidDataException">The file was cut after it was opened.</exception>
    void ReadBytes(SafetensorsTensor tensor, long offset, Span<byte> destination);
}
