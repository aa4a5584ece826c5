using System.Buffers;
using System.Text.Json;

namespace XlLoraOnnx.Runtime;

/// <summary>
/// An output of vectors that is not finished yet: <c>OUTPUT.partial</c>, and beside it what it was made from. The same job goes on after
/// the last whole row; another one refuses to touch it.
/// </summary>
internal sealed class VectorFile : IDisposable
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(15);

    private readonly string _output;
    private readonly VectorLayout _layout;
    private readonly FileStream _stream;
    private readonly ArrayBufferWriter<byte> _pending = new();
    private long _lastFlush = Environment.TickCount64;

    /// <param name="identity">Everything that the rows depend on.</param>
    /// <exception cref="IOException">There is an unfinished output of another job; or the disk does not take it.</exception>
    public VectorFile(string output, VectorLayout layout, IReadOnlyDictionary<string, string> identity)
    {
        (_output, _layout) = (output, layout);
        CheckIdentity(identity);
        _stream = new FileStream(PartialPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            Rows = Recover();
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    public string PartialPath => _output + ".partial";

    /// <summary>Whole rows in the file.</summary>
    public long Rows { get; private set; }

    public void Append(string text, ReadOnlySpan<float> vector) => _layout.WriteRow(_pending, Rows++, text, vector);

    /// <summary>Hands what was appended to the operating system, and now and then to the disk.</summary>
    public void Flush()
    {
        _stream.Write(_pending.WrittenSpan);
        _pending.ResetWrittenCount();
        var now = Environment.TickCount64;
        if (now - _lastFlush < FlushInterval.TotalMilliseconds)
            return;
        _stream.Flush(flushToDisk: true);
        _lastFlush = now;
    }

    /// <summary>Gives the file its name.</summary>
    public void Complete()
    {
        Flush();
        _stream.Position = 0;
        _stream.Write(_layout.Header(Rows));
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(PartialPath, _output, overwrite: true);
        File.Delete(IdentityPath);
    }

    public void Dispose() => _stream.Dispose();

    private string IdentityPath => PartialPath + ".json";

    private void CheckIdentity(IReadOnlyDictionary<string, string> identity)
    {
        if (File.Exists(PartialPath) && new FileInfo(PartialPath).Length > 0)
        {
            var found = File.Exists(IdentityPath) ? Read(IdentityPath) : [];
            var differing = identity.Where(i => found.GetValueOrDefault(i.Key) != i.Value).Select(i => i.Key).ToArray();
            if (differing.Length > 0)
                throw new IOException(
                    $"'{PartialPath}' holds an unfinished output of another job; what differs: {string.Join(", ", differing)}. "
                    + $"Remove it (and '{IdentityPath}') to begin again, or choose another output.");
            return;
        }
        File.WriteAllText(IdentityPath, JsonSerializer.Serialize(identity));
    }

    private static Dictionary<string, string> Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(path)) ?? [];
        }
        catch (JsonException)
        {
            // torn: as good as none, and named by the caller as a difference
            return [];
        }
    }

    /// <summary>Cuts what a crash has left of a last row.</summary>
    private long Recover()
    {
        var header = _layout.Header(0);
        if (_stream.Length < header.Length)
        {
            _stream.SetLength(0);
            _stream.Write(header);
            return 0;
        }
        var (rows, end) = _layout.RowBytes is { } rowBytes
            ? ((_stream.Length - header.Length) / rowBytes, header.Length + (_stream.Length - header.Length) / rowBytes * rowBytes)
            : CountLines(header.Length);
        _stream.SetLength(end);
        _stream.Position = end;
        return rows;
    }

    private (long Rows, long End) CountLines(int headerBytes)
    {
        _stream.Position = headerBytes;
        var (buffer, rows, end, position) = (new byte[1 << 16], 0L, (long)headerBytes, (long)headerBytes);
        for (int read; (read = _stream.Read(buffer)) > 0; position += read)
        {
            rows += buffer.AsSpan(0, read).Count((byte)'\n');
            if (buffer.AsSpan(0, read).LastIndexOf((byte)'\n') is >= 0 and var last)
                end = position + last + 1;
        }
        return (rows, end);
    }
}
