using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Formats;

/// <summary>Writes MessagePack into a growing buffer, each value in its shortest form.</summary>
/// <remarks>
/// A closed subset of https://github.com/msgpack/msgpack/blob/master/spec.md: nil, bool, integers of 64 bits, str, bin, array, map.
/// </remarks>
public sealed class MessagePackWriter(int capacity = 256)
{
    private byte[] _buffer = new byte[capacity];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public void Clear() => Length = 0;

    /// <summary>Forgets all but the first so many bytes.</summary>
    public void CutTo(int length) => Length = length <= Length
        ? length
        : throw new ArgumentOutOfRangeException(nameof(length), length, $"Only {Length} bytes are written.");

    /// <summary>Adds bytes that the caller fills at once; valid until the next write.</summary>
    public Span<byte> Append(int count)
    {
        if (_buffer.Length - Length < count)
            Array.Resize(ref _buffer, Math.Max(checked(Length + count), (int)Math.Min(2L * _buffer.Length, Array.MaxLength)));
        Length += count;
        return _buffer.AsSpan(Length - count, count);
    }

    /// <summary>Bytes written earlier, to be filled in later; valid until the next write.</summary>
    public Span<byte> Slice(int start, int count) => _buffer.AsSpan(0, Length).Slice(start, count);

    public void WriteNil() => WriteByte(MessagePackCode.Nil);

    public void WriteBoolean(bool value) => WriteByte(value ? MessagePackCode.True : MessagePackCode.False);

    public void WriteInteger(long value)
    {
        if (value >= 0)
        {
            WriteUnsigned((ulong)value);
            return;
        }

        if (value >= -32)
            WriteByte((byte)value);
        else if (value >= sbyte.MinValue)
            WriteCoded(MessagePackCode.Int8, 1, (ulong)value);
        else if (value >= short.MinValue)
            WriteCoded(MessagePackCode.Int16, 2, (ulong)value);
        else if (value >= int.MinValue)
            WriteCoded(MessagePackCode.Int32, 4, (ulong)value);
        else
            WriteCoded(MessagePackCode.Int64, 8, (ulong)value);
    }

    /// <summary>A lone half of a surrogate pair becomes U+FFFD.</summary>
    public void WriteString(ReadOnlySpan<char> value)
    {
        int count = Encoding.UTF8.GetByteCount(value);
        WriteStringHeader(count);
        Encoding.UTF8.GetBytes(value, Append(count));
    }

    /// <param name="value">Must be UTF-8.</param>
    public void WriteUtf8(ReadOnlySpan<byte> value)
    {
        WriteStringHeader(value.Length);
        value.CopyTo(Append(value.Length));
    }

    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        if (value.Length <= byte.MaxValue)
            WriteCoded(MessagePackCode.Bin8, 1, (ulong)value.Length);
        else if (value.Length <= ushort.MaxValue)
            WriteCoded(MessagePackCode.Bin16, 2, (ulong)value.Length);
        else
            WriteCoded(MessagePackCode.Bin32, 4, (ulong)value.Length);
        value.CopyTo(Append(value.Length));
    }

    /// <summary>That many values follow.</summary>
    public void WriteArrayHeader(int count) => WriteHeader(count, MessagePackCode.FixArray, MessagePackCode.Array16);

    /// <summary>That many pairs of values follow.</summary>
    public void WriteMapHeader(int count) => WriteHeader(count, MessagePackCode.FixMap, MessagePackCode.Map16);

    private void WriteHeader(int count, byte fix, byte code16)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count <= 15)
            WriteByte((byte)(fix | count));
        else if (count <= ushort.MaxValue)
            WriteCoded(code16, 2, (ulong)count);
        else
            WriteCoded((byte)(code16 + 1), 4, (ulong)count);
    }

    private void WriteStringHeader(int count)
    {
        if (count <= 31)
            WriteByte((byte)(MessagePackCode.FixStr | count));
        else if (count <= byte.MaxValue)
            WriteCoded(MessagePackCode.Str8, 1, (ulong)count);
        else if (count <= ushort.MaxValue)
            WriteCoded(MessagePackCode.Str16, 2, (ulong)count);
        else
            WriteCoded(MessagePackCode.Str32, 4, (ulong)count);
    }

    private void WriteUnsigned(ulong value)
    {
        if (value <= 127)
            WriteByte((byte)value);
        else if (value <= byte.MaxValue)
            WriteCoded(MessagePackCode.UInt8, 1, value);
        else if (value <= ushort.MaxValue)
            WriteCoded(MessagePackCode.UInt16, 2, value);
        else if (value <= uint.MaxValue)
            WriteCoded(MessagePackCode.UInt32, 4, value);
        else
            WriteCoded(MessagePackCode.UInt64, 8, value);
    }

    /// <summary>The code, then the lowest bytes of the value, the highest of them first.</summary>
    private void WriteCoded(byte code, int bytes, ulong value)
    {
        Span<byte> all = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(all, value);
        var target = Append(1 + bytes);
        target[0] = code;
        all[(8 - bytes)..].CopyTo(target[1..]);
    }

    private void WriteByte(byte value) => Append(1)[0] = value;
}
