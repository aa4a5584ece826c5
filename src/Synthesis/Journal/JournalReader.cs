namespace XlLoraOnnx.Synthesis;

/// <summary>Reads the whole records of one journal, also while a process appends to it.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class JournalReader : IDisposable
{
    private readonly JournalFile _file;
    private readonly JournalWindow _window;
    private readonly Dictionary<int, RunContext> _contexts = [];
    private JournalHeader? _header;
    private long _headerEnd;
    private long _contextsEnd;

    public JournalReader(string path)
        : this(new JournalFile(path))
    {
    }

    /// <param name="file">Disposed of with this.</param>
    internal JournalReader(JournalFile file) => (_file, _window) = (file, new JournalWindow(file));

    public string Path => _file.Path;

    /// <summary>Null while it has not been written whole.</summary>
    public JournalHeader? Header => ReadHeader();

    /// <summary>End of the last whole record that a scan came to: where the next scan goes on.</summary>
    public long End { get; private set; }

    /// <summary>What others have written by now is seen from here on, whatever the disk has cached.</summary>
    public void Refresh() => _file.Reopen();

    /// <summary>Answers and retries from a record on, without texts, which are not even decoded.</summary>
    /// <param name="from">Offset of a record or an <see cref="End"/>; 0 for the first.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or written by a newer version.</exception>
    public IEnumerable<JournalMark> Scan(long from = 0)
    {
        foreach (var (cursor, kind) in Records(from))
            yield return kind == JournalRecord.RetryKind ? Decode(cursor.Payload, cursor.Offset, JournalRecord.Retry)
                : Decode(cursor.Payload, cursor.Offset, JournalRecord.Mark);
    }

    /// <summary>The answers with everything.</summary>
    public IEnumerable<(long Offset, JournalAnswer Answer)> Answers(long from = 0)
    {
        foreach (var (cursor, kind) in Records(from))
        {
            if (kind == JournalRecord.AnswerKind)
                yield return (cursor.Offset, Decode(cursor.Payload, cursor.Offset, JournalRecord.Answer));
        }
    }

    /// <summary>Checks every record and takes in the contexts.</summary>
    public void ReadToEnd()
    {
        foreach (var (cursor, _) in Records(End))
            _ = cursor.End;
    }

    /// <summary>The answer whose record begins there.</summary>
    public JournalAnswer Read(long offset)
    {
        var payload = _window.PayloadAt(offset);
        return payload.Length > 0
            ? Decode(payload, offset, JournalRecord.Answer)
            : throw new InvalidDataException($"'{Path}' has no whole record at byte {offset}; it has been changed since it was read.");
    }

    /// <summary>The context of an answer of this journal.</summary>
    /// <exception cref="InvalidDataException">There is none of that number.</exception>
    public RunContext Context(int number)
    {
        if (!_contexts.ContainsKey(number))
        {
            // Of what a scan began behind, the contexts have not been seen.
            foreach (var _ in Records(_contextsEnd))
            {
                if (_contexts.ContainsKey(number))
                    break;
            }
        }

        return _contexts.TryGetValue(number, out var context) ? context : throw new InvalidDataException(
            $"'{Path}' has no context {number}, and an answer names it. Restore the file from a copy.");
    }

    /// <summary>All contexts up to <see cref="End"/>, by number.</summary>
    internal IReadOnlyDictionary<int, RunContext> Contexts => _contexts;

    public void Dispose() => _file.Dispose();

    /// <summary>One cursor, at one answer or retry after the other.</summary>
    private IEnumerable<(JournalCursor Cursor, int Kind)> Records(long from)
    {
        if (ReadHeader() is null)
            yield break;
        var cursor = new JournalCursor(_file, Math.Max(from, _headerEnd));
        bool isGapless = cursor.End <= _contextsEnd;
        while (cursor.Next())
        {
            int kind = Decode(cursor.Payload, cursor.Offset, static (payload, _) => JournalRecord.Kind(payload));
            if (kind == JournalRecord.ContextKind)
            {
                var context = Decode(cursor.Payload, cursor.Offset, static (payload, _) => JournalRecord.Context(payload));
                _contexts[context.Number] = context;
            }

            End = cursor.End;
            if (isGapless)
                _contextsEnd = Math.Max(_contextsEnd, cursor.End);
            if (kind != JournalRecord.ContextKind)
                yield return (cursor, kind);
        }

        End = cursor.End;
    }

    private JournalHeader? ReadHeader()
    {
        if (_header is not null)
            return _header;
        var start = new byte[JournalHeader.MaxBytes];
        int count = _file.Read(start, 0);
        try
        {
            _header = JournalHeader.Read(start.AsMemory(0, count), Path, out int bytes);
            (_headerEnd, _contextsEnd, End) = (bytes, bytes, bytes);
        }
        catch (InvalidDataException) when (IsTornHeader(start.AsSpan(0, count)))
        {
        }

        return _header;
    }

    /// <summary>Whether a process died while it began this file: the first bytes of a header, or zeros that a power failure left.</summary>
    private static bool IsTornHeader(ReadOnlySpan<byte> start)
    {
        int same = start.CommonPrefixLength(JournalHeader.Write(""));
        bool isBegun = same >= Math.Min(start.Length, JournalHeader.FixedBytes);
        return start.Length < JournalHeader.MaxBytes && (isBegun || !start.ContainsAnyExcept((byte)0));
    }

    private T Decode<T>(ReadOnlyMemory<byte> payload, long offset, Func<ReadOnlyMemory<byte>, long, T> decode)
    {
        try
        {
            return decode(payload, offset);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"'{Path}', record at byte {offset}: {e.Message}. Its journal was begun by xllora-onnx "
                + $"{_header?.Tool}, and this is {JournalHeader.ThisTool}: use the newest version that has worked on this run.", e);
        }
    }
}
