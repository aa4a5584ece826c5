namespace XlLoraOnnx.Synthesis;

/// <summary>Reads records of a journal by their places; what lies close together comes in one read for many.</summary>
internal sealed class JournalWindow(JournalFile file)
{
    private const int OneRecord = 2048;
    private const int Around = 1 << 16;

    private readonly Stretch _near = new(), _single = new();
    private long _lastMiss = long.MinValue / 2;

    /// <returns>The payload of the record that begins there, valid until the next call; nothing where no whole one does.</returns>
    public ReadOnlyMemory<byte> PayloadAt(long offset)
    {
        if (_near.TryPayload(offset, out var payload, out _))
            return payload;
        // rows that one process did at the same time stand on both sides of each other; a later attempt stands alone
        var isNear = Math.Abs(offset - _lastMiss) < Around;
        _lastMiss = offset;
        var read = isNear ? _near : _single;
        if (isNear)
            read.Fill(file, Math.Max(0, offset - Around), 2 * Around);
        else
            read.Fill(file, offset, OneRecord);
        if (read.TryPayload(offset, out payload, out var whole) || whole == 0)
            return payload;
        read.Fill(file, offset, whole);
        read.TryPayload(offset, out payload, out _);
        return payload;
    }

    /// <summary>A part of the file.</summary>
    private sealed class Stretch
    {
        private byte[] _bytes = [];
        private long _start;
        private int _count;

        /// <param name="whole">Bytes of the record with its header, as far as that is known; 0 if not.</param>
        public bool TryPayload(long offset, out ReadOnlyMemory<byte> payload, out int whole)
        {
            payload = default;
            whole = 0;
            if (offset < _start || offset + JournalFrame.HeaderBytes > _start + _count)
                return false;
            var record = _bytes.AsSpan((int)(offset - _start), _count - (int)(offset - _start));
            var length = JournalFrame.PayloadLength(record);
            whole = JournalFrame.HeaderBytes + Math.Max(0, length);
            if (length < 0 || whole > record.Length || !JournalFrame.IsIntact(record, record[JournalFrame.HeaderBytes..whole]))
                return false;
            payload = _bytes.AsMemory((int)(offset - _start) + JournalFrame.HeaderBytes, length);
            return true;
        }

        public void Fill(JournalFile file, long offset, int bytes)
        {
            if (_bytes.Length < bytes)
                _bytes = new byte[bytes];
            (_start, _count) = (offset, file.Read(_bytes.AsSpan(0, bytes), offset));
        }
    }
}
