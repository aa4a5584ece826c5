namespace XlLoraOnnx.Datasets;

/// <summary>A stream that is written in order into another, which may be emptied in between: it counts what went through.</summary>
internal sealed class WrittenStream(MemoryStream inner) : Stream
{
    private long _count;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _count;

    public override long Position
    {
        get => _count;
        set => throw new NotSupportedException("It is written in order.");
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _count += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // what is written is there
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is written, not read.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It is written in order.");

    public override void SetLength(long value) => throw new NotSupportedException("It is written in order.");
}
