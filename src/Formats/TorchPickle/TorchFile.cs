using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Formats;

/// <summary>
/// What <c>torch.save</c> writes of a state dict since torch 1.6: a zip of stored entries, a pickle that describes tensors, and their
/// bytes. The pickle is read as a description by an interpreter that knows tensors and nothing else; nothing in it is run.
/// Sources: torch/serialization.py, torch/_utils.py (_rebuild_tensor_v2), caffe2/serialize/inline_container.cc.
/// </summary>
/// <remarks>Reading is thread-safe. Only the pickle is in memory, as long as the file is opened; tensors are read in place.</remarks>
public sealed class TorchFile : ITensorFile
{
    /// <summary>More than the pickle of a state dict of 100 000 tensors.</summary>
    public const long MaxPickleBytes = 32 << 20;

    private readonly SafeFileHandle _handle;

    /// <summary>Reads the directory of the zip and the pickle, and checks every tensor against the bytes that are there for it.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is damaged or cut.</exception>
    /// <exception cref="NotSupportedException">It holds something else than tensors, or is from before torch 1.6.</exception>
    public static TorchFile Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"The file '{path}' does not exist.", path);
        var handle = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(handle);
            CheckBeginning(handle, path, length);
            var entries = StoredZip.Read(handle, path, length);
            var archive = Archive(entries, path);
            CheckByteOrder(entries, archive, handle, path);
            var pickle = Bytes(entries[archive + "data.pkl"], handle, path, MaxPickleBytes);
            return new TorchFile(path, handle, TorchStateDict.Read(pickle, path, archive, entries));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(_handle);

    /// <inheritdoc/>
    public DateTime LastWriteTimeUtc => File.GetLastWriteTimeUtc(_handle);

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <inheritdoc/>
    public void ReadBytes(SafetensorsTensor tensor, long offset, Span<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        ObjectDisposedException.ThrowIf(_handle.IsClosed, this);
        TensorFileReads.Read(_handle, Path, tensor, offset, destination);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    internal const string ToConvert =
        "Load the model in Python where you trust it and call save_pretrained(folder, safe_serialization=True).";

    internal static InvalidDataException Malformed(string path, string what, Exception? inner = null) =>
        new($"'{path}' is not a valid file of torch.save: {what}.", inner);

    private TorchFile(string path, SafeFileHandle handle, Dictionary<string, SafetensorsTensor> tensors)
    {
        Path = path;
        Tensors = tensors;
        _handle = handle;
    }

    private static void CheckBeginning(SafeFileHandle handle, string path, long length)
    {
        Span<byte> first = stackalloc byte[4];
        if (length < first.Length)
            throw Malformed(path, $"it has {length} bytes");
        TensorFileReads.ReadExactly(handle, path, 0, first);
        if (first[0] == 0x80)
            throw new NotSupportedException(
                $"'{path}' is a pickle as torch wrote it before 1.6, or no file of torch; the zip format that torch.save has written since "
                + $"is read. {ToConvert}");
        if (!first.SequenceEqual("PK\u0003\u0004"u8))
            throw Malformed(path, $"it begins with the bytes {Convert.ToHexString(first)}, a zip with 504B0304. Download or copy it again");
    }

    /// <summary>The folder within the zip, '/' included: torch names it after the file.</summary>
    private static string Archive(Dictionary<string, StoredEntry> entries, string path)
    {
        var pickles = entries.Keys.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).ToArray();
        if (pickles.Length != 1)
            throw Malformed(path, $"it has {pickles.Length} entries named data.pkl in a folder, expected 1");
        var archive = pickles[0][..^"data.pkl".Length];
        if (entries.ContainsKey(archive + "constants.pkl"))
            throw new NotSupportedException(
                $"'{path}' is a TorchScript program and no state dict; its code is not run. {ToConvert}");
        return archive;
    }

    private static void CheckByteOrder(Dictionary<string, StoredEntry> entries, string archive, SafeFileHandle handle, string path)
    {
        if (!entries.TryGetValue(archive + "byteorder", out var entry))
            return;
        var order = Bytes(entry, handle, path, 16);
        if (!order.AsSpan().SequenceEqual("little"u8))
            throw new NotSupportedException(
                $"'{path}': byteorder is '{Convert.ToHexString(order)}' in hexadecimal digits; 'little' is read. {ToConvert}");
    }

    private static byte[] Bytes(StoredEntry entry, SafeFileHandle handle, string path, long most)
    {
        if (entry.Bytes > most)
            throw Malformed(path, $"its entry '{entry.Name}' has {entry.Bytes} bytes, more than the {most} allowed");
        var bytes = new byte[entry.Bytes];
        TensorFileReads.ReadExactly(handle, path, entry.Offset, bytes);
        return bytes;
    }
}
