using System.Security.Cryptography;

namespace XlLoraOnnx.Exporter;

/// <summary>Passes bytes on and takes their SHA-256, so that a file written once need not be read again for its hash.</summary>
internal sealed class HashingStream(Stream destination) : Stream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long BytesWritten { get; private set; }

    public string Sha256Hex() => Convert.ToHexStringLower(_hash.GetCurrentHash());

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        destination.Write(buffer);
        _hash.AppendData(buffer);
        BytesWritten += buffer.Length;
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => destination.Flush();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => BytesWritten;

    public override long Position
    {
        get => BytesWritten;
        set => throw new NotSupportedException("The position of a hashed stream cannot be moved.");
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream is written only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream is written in order.");

    public override void SetLength(long value) => throw new NotSupportedException("This stream is written in order.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _hash.Dispose();
        base.Dispose(disposing);
    }
}
