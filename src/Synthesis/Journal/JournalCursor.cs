namespace XlLoraOnnx.Synthesis;

/// <summary>Goes over the whole records of a journal, also while a process appends to it.</summary>
/// <remarks>
/// A record that is not whole ends the journal if no whole one follows: it is being written, or was when its process died. If one follows,
/// the file is damaged, and going on would lose answers in silence.
/// </remarks>
internal sealed class JournalCursor(JournalFile file, long offset)
{
    private byte[] _buffer = new byte[1 << 18];
    private long _bufferOffset = offset;
    private int _start;
    private int _count;
    private int _payloadLength;

    /// <summary>Where the current record begins.</summary>
    public long Offset { get; private set; }

    /// <summary>End of the current record, where the next one begins or will.</summary>
    public long End { get; private set; } = offset;

    /// <summary>Of the current record; valid until the next.</summary>
    public ReadOnlyMemory<byte> Payload => _buffer.AsMemory(_start - _payloadLength, _payloadLength);

    /// <summary>Goes to the next whole record, if there is one.</summary>
    /// <exception cref="InvalidDataException">The file is damaged here.</exception>
    public bool Next()
    {
        if (!Fill(JournalFrame.HeaderBytes))
            return Stop(_bufferOffset + _count);
        int length = JournalFrame.PayloadLength(_buffer.AsSpan(_start));
        if (length >= 0 && !Fill(JournalFrame.HeaderBytes + length))
            return Stop(_bufferOffset + _count);
        if (length < 0
            || !JournalFrame.IsIntact(_buffer.AsSpan(_start), _buffer.AsSpan(_start + JournalFrame.HeaderBytes, length)))
            return Stop(file.Length);
        (Offset, End) = (End, End + JournalFrame.HeaderBytes + length);
        _start += JournalFrame.HeaderBytes + length;
        _payloadLength = length;
        return true;
    }

    /// <summary>Reads ahead; <see cref="_start"/> may move.</summary>
    /// <returns>Whether so many bytes are there.</returns>
    private bool Fill(int bytes)
    {
        if (_count - _start >= bytes)
            return true;
        _buffer.AsSpan(_start, _count - _start).CopyTo(_buffer);
        _bufferOffset += _start;
        _count -= _start;
        _start = 0;
        if (_buffer.Length < bytes)
            Array.Resize(ref _buffer, bytes);
        _count += file.Read(_buffer.AsSpan(_count), _bufferOffset + _count);
        return _count >= bytes;
    }

    /// <param name="end">
    /// How far the file went when the record was found not to be whole: by now its writer may have completed it and written more.
    /// </param>
    private bool Stop(long end)
    {
        long next = FindWhole(End + 1, end);
        if (next >= 0)
        {
            throw new InvalidDataException($"'{file.Path}' is damaged: at byte {End} there is no whole record, and at byte {next} one follows. "
                + $"Restore the file from a copy; or cut it there (truncate -s {End} '{file.Path}') and run the same command again, "
                + "which makes the answers after it once more.");
        }

        return false;
    }

    private long FindWhole(long from, long end)
    {
        var window = new byte[1 << 16];
        while (end - from >= JournalFrame.HeaderBytes)
        {
            int count = file.Read(window.AsSpan(0, (int)Math.Min(window.Length, end - from)), from);
            int at = 0;
            while (count - at >= JournalFrame.HeaderBytes)
            {
                int found = window.AsSpan(at, count - at).IndexOf(JournalFrame.Start);
                if (found < 0 || count - at - found < JournalFrame.HeaderBytes)
                    break;
                at += found;
                if (IsWhole(window.AsSpan(at, JournalFrame.HeaderBytes), from + at, end))
                    return from + at;
                at++;
            }

            if (count < JournalFrame.HeaderBytes)
                return -1;
            from += count - JournalFrame.HeaderBytes + 1;
        }

        return -1;
    }

    private bool IsWhole(ReadOnlySpan<byte> header, long at, long end)
    {
        int length = JournalFrame.PayloadLength(header);
        if (length < 0 || at + JournalFrame.HeaderBytes + length > end)
            return false;
        var payload = new byte[length];
        return file.Read(payload, at + JournalFrame.HeaderBytes) == length && JournalFrame.IsIntact(header, payload);
    }
}
