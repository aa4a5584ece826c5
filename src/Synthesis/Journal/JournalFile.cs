using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Synthesis;

/// <summary>The bytes of a journal that another process may append to, perhaps on another machine.</summary>
/// <remarks>
/// A network file system keeps pages and sizes for a while, and promises to show what others have written to those who open the file after
/// that ("close-to-open").
/// </remarks>
internal class JournalFile(string path) : IDisposable
{
    private SafeFileHandle _handle = Open(path);

    public string Path => path;

    public virtual long Length => RandomAccess.GetLength(_handle);

    /// <returns>Fewer bytes than there is room for at the end of the file alone; then perhaps none.</returns>
    public virtual int Read(Span<byte> bytes, long offset)
    {
        var count = 0;
        for (var read = -1; count < bytes.Length && read != 0; count += read)
            read = RandomAccess.Read(_handle, bytes[count..], offset + count);
        return count;
    }

    /// <summary>From here on as it is now.</summary>
    public virtual void Reopen()
    {
        var old = _handle;
        _handle = Open(path);
        old.Dispose();
    }

    public void Dispose()
    {
        _handle.Dispose();
        GC.SuppressFinalize(this);
    }

    private static SafeFileHandle Open(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
