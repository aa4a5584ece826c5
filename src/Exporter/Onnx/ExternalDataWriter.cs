using System.Globalization;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// Lays the initializers of a graph out in one data file and streams them into it, one at a time, in order. Offsets are multiples of 4096,
/// and of 65536 for tensors from 1 MiB on, so that they can be mapped on every system; the gaps are zero.
/// </summary>
internal static class ExternalDataWriter
{
    private const long PageAlignment = 4096;
    private const long MapAlignment = 65536;
    private const long MapThreshold = 1 << 20;

    /// <summary>Gives every tensor its place, in the graph too.</summary>
    /// <returns>The offsets and the length of the file.</returns>
    public static (long[] Offsets, long FileBytes) Layout(IReadOnlyList<ExternalTensor> tensors, string location)
    {
        var offsets = new long[tensors.Count];
        long position = 0;
        for (var i = 0; i < tensors.Count; i++)
        {
            var alignment = tensors[i].Bytes >= MapThreshold ? MapAlignment : PageAlignment;
            offsets[i] = checked(position + alignment - 1) / alignment * alignment;
            position = checked(offsets[i] + tensors[i].Bytes);
            foreach (var proto in (TensorProto[])[tensors[i].Proto, .. tensors[i].Aliases])
                Place(proto, location, offsets[i], tensors[i].Bytes);
        }
        return (offsets, position);
    }

    /// <returns>The SHA-256 of the file, in hexadecimal digits.</returns>
    public static string Write(
        IReadOnlyList<ExternalTensor> tensors, long[] offsets, long fileBytes, string path,
        Action<long>? progress, CancellationToken cancellationToken)
    {
        // asks for the whole size at once, so that a full disk is met here and not after an hour
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            PreallocationSize = fileBytes,
            BufferSize = 1 << 20,
        };
        using var file = new FileStream(path, options);
        using var hashing = new HashingStream(file);
        for (var i = 0; i < tensors.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            WriteZeros(hashing, offsets[i] - hashing.BytesWritten);
            tensors[i].Source.WriteTo(hashing, cancellationToken);
            progress?.Invoke(hashing.BytesWritten);
        }
        file.Flush(flushToDisk: true);
        return hashing.Sha256Hex();
    }

    private static void Place(TensorProto tensor, string location, long offset, long length)
    {
        tensor.ExternalData.Clear();
        Entry(tensor, "location", location);
        Entry(tensor, "offset", offset.ToString(CultureInfo.InvariantCulture));
        Entry(tensor, "length", length.ToString(CultureInfo.InvariantCulture));
    }

    private static void Entry(TensorProto tensor, string key, string value) =>
        tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });

    private static void WriteZeros(Stream stream, long count)
    {
        Span<byte> zeros = stackalloc byte[1024];
        zeros.Clear();
        for (; count > 0; count -= Math.Min(count, zeros.Length))
            stream.Write(zeros[..(int)Math.Min(count, zeros.Length)]);
    }
}
