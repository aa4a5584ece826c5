using System.Text.Json;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// What was predicted so far, a line a row, beside the output: <c>OUTPUT.rows</c>, its first line saying of which job. A line that a crash
/// has torn is made again.
/// </summary>
internal sealed class PredictionLog : IDisposable
{
    private readonly string _path;
    private readonly FileStream _stream;
    private readonly List<LoggedRow> _rows = [];

    /// <param name="identity">Everything that rows depend on.</param>
    /// <exception cref="IOException">Another job has left something there, or runs; or the disk does not take it.</exception>
    public PredictionLog(string output, string identity)
    {
        _path = output + ".rows";
        _stream = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            _stream.SetLength(Recover(identity));
            _stream.Seek(0, SeekOrigin.End);
            if (_stream.Length == 0)
                WriteLine(JsonSerializer.SerializeToUtf8Bytes(identity));
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    public IReadOnlyList<LoggedRow> Rows => _rows;

    public void Append(IEnumerable<LoggedRow> rows)
    {
        foreach (var row in rows)
        {
            WriteLine(JsonSerializer.SerializeToUtf8Bytes(row));
            _rows.Add(row);
        }
        _stream.Flush(flushToDisk: true);
    }

    /// <summary>The output is there; this is not needed any more.</summary>
    public void Delete()
    {
        _stream.Dispose();
        File.Delete(_path);
    }

    /// <summary>One without rows is of no use to anybody.</summary>
    public void Dispose()
    {
        _stream.Dispose();
        if (_rows.Count == 0)
            File.Delete(_path);
    }

    /// <returns>Where the last whole line ends.</returns>
    private long Recover(string identity)
    {
        var bytes = new byte[_stream.Length];
        _stream.ReadExactly(bytes);
        var end = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        var lines = bytes.AsSpan(0, end);
        for (var isFirst = true; lines.Length > 0; isFirst = false)
        {
            var line = lines[..lines.IndexOf((byte)'\n')];
            lines = lines[(line.Length + 1)..];
            try
            {
                if (!isFirst)
                    _rows.Add(JsonSerializer.Deserialize<LoggedRow>(line)!);
                else if (JsonSerializer.Deserialize<string>(line) != identity)
                    throw new IOException($"'{_path}' holds rows of another job, of another input, model or options. Remove it to begin "
                        + "again, or choose another output.");
            }
            catch (JsonException e)
            {
                throw new IOException($"'{_path}' is not what a job has left: {e.Message} Remove it to begin again.", e);
            }
        }
        return end;
    }

    private void WriteLine(byte[] line)
    {
        _stream.Write(line);
        _stream.WriteByte((byte)'\n');
    }
}

/// <summary>A row that is done.</summary>
/// <param name="Texts">One for each column of the model.</param>
/// <param name="Source">What was translated on the way; null for nothing.</param>
internal sealed record LoggedRow(IReadOnlyList<string> Texts, IReadOnlyList<string>? Source, bool IsTruncated);
