using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Exporter;

/// <param name="Name">Of the initializer.</param>
internal sealed record DataPlace(string Name, long Offset, TensorSource Source);

/// <summary>The data file beside a graph, at its full length from the start; the gaps between initializers are zero.</summary>
internal sealed class WeightFile : IDisposable
{
    private const int ReadBytes = 1 << 20;

    private readonly string _path;

    public WeightFile(string path, IReadOnlyList<DataPlace> places, long length, bool resume)
    {
        (_path, Places, Length) = (path, places, length);
        // asks for the whole size at once, so that a full disk is met here and not after an hour
        Handle = resume
            ? File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read)
            : File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, FileOptions.None, length);
        if (!resume)
            RandomAccess.SetLength(Handle, length);
    }

    public IReadOnlyList<DataPlace> Places { get; }

    public long Length { get; }

    public SafeFileHandle Handle { get; }

    /// <summary>SHA-256 of what is on the disk, in hexadecimal digits.</summary>
    public string Sha256(Action<long> progress, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[ReadBytes];
        for (long position = 0; position < Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = RandomAccess.Read(Handle, buffer, position);
            if (read == 0)
                throw new IOException($"'{_path}' ends at {position} instead of {Length}: it was changed while it was written.");
            hash.AppendData(buffer, 0, read);
            progress(position += read);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public void Dispose() => Handle.Dispose();
}
