namespace XlLoraOnnx.Synthesis;

/// <summary>An output as a stream, for what writes to streams; the file stays open.</summary>
internal sealed class OutputFileStream(OutputFile file) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException("It is written in order.");

    public override long Position
    {
        get => throw new NotSupportedException("It is written in order.");
        set => throw new NotSupportedException("It is written in order.");
    }

    public override void Write(ReadOnlySpan<byte> buffer) => file.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => file.Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
        // the file does when it is closed
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is written, not read.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("It is written in order.");

    public override void SetLength(long value) => throw new NotSupportedException("It is written in order.");
}
