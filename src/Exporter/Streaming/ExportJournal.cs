using System.Text;
using Microsoft.Win32.SafeHandles;

namespace XlLoraOnnx.Exporter;

/// <summary>
/// <c>export.journal</c>: a first line that says which export this is, then a line for every initializer that is on the disk and for every
/// tensor whose hash is known. A line counts when it is whole; a torn last one is cut off.
/// </summary>
internal sealed class ExportJournal : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _firstLineEnd;
    private long _length;

    /// <summary>Continues a journal, or begins one where there is none.</summary>
    public ExportJournal(string path, ExportIdentity identity)
    {
        Entries = JournalEntries.Read(path);
        _file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        RandomAccess.SetLength(_file, _length = Entries.Bytes);
        _firstLineEnd = Entries.FirstLineBytes;
        if (Entries.Identity is not null)
            return;
        Append([JournalEntries.Title + identity]);
        _firstLineEnd = _length;
    }

    /// <summary>Nothing has been entered yet.</summary>
    public bool IsEmpty => _length == _firstLineEnd;

    /// <summary>What an earlier run has entered.</summary>
    public JournalEntries Entries { get; }

    public static string Initializer(string name) => $"{JournalEntries.Written}\t{name}";

    public static string Hash(string tensor, byte[] sha256) => $"{JournalEntries.Hash}\t{tensor}\t{Convert.ToHexStringLower(sha256)}";

    /// <summary>The initializers that the lines name must be on the disk by now.</summary>
    public void Append(IEnumerable<string> lines)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")));
        RandomAccess.Write(_file, bytes, _length);
        RandomAccess.FlushToDisk(_file);
        _length += bytes.Length;
    }

    public void Dispose() => _file.Dispose();
}
