using System.Security.Cryptography;

namespace XlLoraOnnx.Synthesis;

/// <summary>A file on its way through its hash. What reads it may close it: it stays open until <see cref="CloseAsync"/>.</summary>
/// <param name="hashes">Whether a hash is taken at all.</param>
internal sealed class HashedStream(FileStream file, bool hashes) : Stream
{
    private readonly IncrementalHash? _hash = hashes ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => throw new NotSupportedException("Bytes that are passed over would not be in the hash.");
    }

    /// <summary>Of all that was read, in lower-case hexadecimal.</summary>
    public string Sha256() => Convert.ToHexStringLower(
        (_hash ?? throw new InvalidOperationException("This file was opened without a hash.")).GetCurrentHash());

    public override int Read(Span<byte> buffer)
    {
        var read = file.Read(buffer);
        _hash?.AppendData(buffer[..read]);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await file.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _hash?.AppendData(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
        // nothing is written
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        throw new NotSupportedException("Bytes that are passed over would not be in the hash.");

    public override void SetLength(long value) => throw new NotSupportedException("Anchors are read, not written.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Anchors are read, not written.");

    public async ValueTask CloseAsync()
    {
        _hash?.Dispose();
        await file.DisposeAsync().ConfigureAwait(false);
    }
}
