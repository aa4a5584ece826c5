using System.Buffers;

namespace XlLoraOnnx.Synthesis;

/// <summary>Where this process appends its answers. What is flushed survives the process; what is synced, the machine.</summary>
/// <remarks>
/// Thread-safe. A journal whose process is dead is continued rather than a new one begun: it is the only way in which one is ever changed
/// other than by appending, when the record that was being written is cut off. A journal of another machine is left alone, since locks of
/// a shared disk may not reach that far.
/// </remarks>
internal sealed partial class RunJournal : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FileStream _lock;
    private readonly Stream _stream;
    private readonly ArrayBufferWriter<byte> _pending = new(2 * RunFaults.BytesPerFlush);
    private readonly ArrayBufferWriter<byte> _record = new();
    private readonly List<RunContext> _contexts = [];
    private long _flushed;
    private bool _isDisposed;

    private RunJournal(string path, FileStream taken, Stream stream, RunOwner owner)
    {
        Path = path;
        Owner = owner;
        _lock = taken;
        _stream = stream;
    }

    public string Path { get; }

    /// <summary>Who this process is to the others of the run.</summary>
    public RunOwner Owner { get; }

    /// <summary>Whether the journal was begun by a process that is dead.</summary>
    public bool IsContinued { get; private init; }

    /// <summary>Bytes of a torn record that were cut off its end when it was opened.</summary>
    public long CutBytes { get; private init; }

    /// <summary>Whether a write has failed; nothing can be appended after that.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Length of the journal, with what is not flushed yet.</summary>
    public long Length
    {
        get
        {
            lock (_gate)
                return _flushed + _pending.WrittenCount;
        }
    }

    /// <summary>The number of these facts, by which answers name them; entered unless they stand in this journal already.</summary>
    public int AddContext(IReadOnlyDictionary<string, string> facts)
    {
        lock (_gate)
        {
            var known = _contexts.Find(c => c.Facts.Count == facts.Count
                && c.Facts.All(f => facts.TryGetValue(f.Key, out var value) && value == f.Value));
            if (known is not null)
                return known.Number;
            var context = new RunContext(_contexts.Count, new Dictionary<string, string>(facts, StringComparer.Ordinal));
            Begin();
            JournalRecord.Write(_record, context);
            End();
            _contexts.Add(context);
            return context.Number;
        }
    }

    /// <summary>Adds an answer; it is in the file after the next <see cref="Flush"/>.</summary>
    /// <returns>Where its record begins.</returns>
    public long Append(in JournalAnswer answer)
    {
        lock (_gate)
        {
            if ((uint)answer.Context >= (uint)_contexts.Count)
                throw new ArgumentException($"This journal has no context {answer.Context}; it has {_contexts.Count}.", nameof(answer));
            long offset = Begin();
            JournalRecord.Write(_record, answer);
            End();
            return offset;
        }
    }

    /// <summary>Opens another attempt at a sentence.</summary>
    /// <returns>Where its record begins.</returns>
    public long Append(in JournalRetry retry)
    {
        lock (_gate)
        {
            long offset = Begin();
            JournalRecord.Write(_record, retry);
            End();
            return offset;
        }
    }

    /// <summary>Hands everything to the operating system, which keeps it when this process dies.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            ThrowIfFailed();
            FlushPending();
        }
    }

    /// <summary>Waits until the disk has everything, so that it is kept when the machine dies.</summary>
    public void Sync()
    {
        lock (_gate)
        {
            ThrowIfFailed();
            FlushPending();
            if (_stream is not FileStream file)
                return;
            RunFaults.Pass(RunPoint.BeforeSync, Path);
            try
            {
                file.Flush(flushToDisk: true);
            }
            catch (IOException e)
            {
                throw Failed(e);
            }

            RunFaults.Pass(RunPoint.AfterSync, Path);
        }
    }

    /// <summary>Flushes, and lets another process continue the journal.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
            try
            {
                if (!HasFailed)
                    FlushPending();
            }
            finally
            {
                _stream.Dispose();
                _lock.Dispose();
            }
        }
    }

    private void WriteHeader(string runId)
    {
        _pending.Write(JournalHeader.Write(runId));
        FlushPending();
    }

    /// <returns>Where the record begins that is written next.</returns>
    private long Begin()
    {
        ThrowIfFailed();
        RunFaults.Pass(RunPoint.BeforeAppend, Path);
        _record.ResetWrittenCount();
        return _flushed + _pending.WrittenCount;
    }

    private void End()
    {
        JournalFrame.Write(_pending, _record.WrittenSpan);
        RunFaults.Pass(RunPoint.AfterAppend, Path);
        if (_pending.WrittenCount >= RunFaults.BytesPerFlush)
            FlushPending();
    }

    private void FlushPending()
    {
        if (_pending.WrittenCount == 0)
            return;
        RunFaults.Pass(RunPoint.BeforeFlush, Path);
        try
        {
            // In one write, unless a test wants to see what a process leaves that dies within it.
            int half = RunFaults.At is null ? _pending.WrittenCount : _pending.WrittenCount / 2;
            _stream.Write(_pending.WrittenSpan[..half]);
            if (half < _pending.WrittenCount)
            {
                RunFaults.Pass(RunPoint.WithinFlush, Path);
                _stream.Write(_pending.WrittenSpan[half..]);
            }

            _stream.Flush();
        }
        catch (IOException e)
        {
            throw Failed(e);
        }

        _flushed += _pending.WrittenCount;
        _pending.ResetWrittenCount();
        RunFaults.Pass(RunPoint.AfterFlush, Path);
    }

    private IOException Failed(IOException cause)
    {
        HasFailed = true;
        var ending = "The file ends in a whole record.";
        try
        {
            _flushed += JournalFrame.WholeBytes(_pending.WrittenSpan, _stream.Length - _flushed);
            _stream.SetLength(_flushed);
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UnauthorizedAccessException)
        {
            ending = $"Its last record may be cut ({e.Message}), which the next run repairs.";
        }

        _pending.ResetWrittenCount();
        return new IOException($"Writing '{Path}' failed: {cause.Message} {ending} All answers up to there are kept. "
            + "Free space on that disk, then run the same command again.", cause);
    }

    private void ThrowIfFailed()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (HasFailed)
            throw new IOException($"An earlier write to '{Path}' failed; nothing can be added to it. Run the same command again.");
    }
}
