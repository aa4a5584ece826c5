namespace XlLoraOnnx.Runtime;

/// <summary>An output that is not finished yet: rows are appended whole, and after a failed write cut back to the last whole row.</summary>
internal sealed class PartialFile : IDisposable
{
    private const int RowsPerFlush = 64;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly MemoryStream _pending = new();
    private readonly List<(long End, bool IsRow)> _pendingEnds = [];
    private long _wholeLength;

    public PartialFile(string path, Func<string, Stream> open)
    {
        _path = path;
        _stream = open(path);
    }

    /// <summary>Rows that the operating system has.</summary>
    public long RowsWritten { get; private set; }

    /// <summary>Whether a write has failed; nothing can be appended after that.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Opens a new file without a buffer of its own, so that a failing write is known to be this one.</summary>
    public static Stream Create(string path) => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <summary>Renames the partial file of an earlier run to the next free number.</summary>
    public static void SetAside(string path)
    {
        if (!File.Exists(path))
            return;
        // Fails while another run has it open, whose rows would otherwise go on into a renamed file.
        using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
        }

        int number = 1;
        while (File.Exists($"{path}.{number}"))
            number++;
        File.Move(path, $"{path}.{number}");
    }

    public void Append(byte[] bytes, bool isRow)
    {
        _pending.Write(bytes);
        _pendingEnds.Add((_pending.Length, isRow));
        if (_pendingEnds.Count >= RowsPerFlush)
            Flush();
    }

    /// <summary>Hands all appended rows to the operating system.</summary>
    public void Flush()
    {
        if (HasFailed)
            throw new IOException($"An earlier write to {_path} failed; nothing can be added to it.");
        if (_pendingEnds.Count == 0)
            return;
        try
        {
            _stream.Write(_pending.GetBuffer(), 0, (int)_pending.Length);
            _stream.Flush();
        }
        catch (IOException e)
        {
            throw Failed(e);
        }

        Keep(_pending.Length);
        _pending.SetLength(0);
        _pendingEnds.Clear();
    }

    /// <summary>Waits until the disk has everything.</summary>
    public void FlushToDisk()
    {
        if (_stream is not FileStream file)
            return;
        try
        {
            file.Flush(flushToDisk: true);
        }
        catch (IOException e)
        {
            throw Failed(e);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _pending.Dispose();
    }

    private IOException Failed(IOException cause)
    {
        HasFailed = true;
        var ending = "The file ends in a whole row";
        try
        {
            // Of a write that was cut short, the rows that arrived whole are kept.
            Keep(_pendingEnds.LastOrDefault(e => _wholeLength + e.End <= _stream.Length).End);
            _stream.SetLength(_wholeLength);
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UnauthorizedAccessException)
        {
            ending = $"Its last row may be cut, since it could not be shortened ({e.Message})";
        }

        return new IOException(
            $"Writing {_path} failed after {RowsWritten} triplets: {cause.Message} {ending}. " +
            "Free space on that disk or choose another output; the triplets written so far stay in this file.", cause);
    }

    private void Keep(long pendingLength)
    {
        RowsWritten += _pendingEnds.Count(e => e.IsRow && e.End <= pendingLength);
        _wholeLength += pendingLength;
    }
}
