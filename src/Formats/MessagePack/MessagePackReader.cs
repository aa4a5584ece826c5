using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Formats;

/// <summary>Reads what <see cref="MessagePackWriter"/> and other writers of MessagePack write, from bytes nobody vouches for.</summary>
/// <remarks>
/// Any form of a value is read, not only the shortest. Every length is checked against the bytes that are there, so that nothing is
/// allocated that the input does not pay for; all errors are <see cref="InvalidDataException"/> with the offset in these bytes.
/// </remarks>
public ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    /// <summary>Most arrays and maps within each other.</summary>
    public const int MaxDepth = 32;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; }

    public readonly bool IsAtEnd => Position == _bytes.Length;

    /// <summary>Passes over a nil, if one is next.</summary>
    public bool TryReadNil()
    {
        if (Peek() != MessagePackCode.Nil)
            return false;
        Position++;
        return true;
    }

    public bool ReadBoolean()
    {
        byte code = Peek();
        if (code is not (MessagePackCode.True or MessagePackCode.False))
            throw Unexpected("a bool");
        Position++;
        return code == MessagePackCode.True;
    }

    public long ReadInteger()
    {
        int start = Position;
        byte code = Take(1)[0];
        switch (code)
        {
            case < MessagePackCode.FixMap:
                return code;
            case >= MessagePackCode.NegativeFixInt:
                return (sbyte)code;
            case MessagePackCode.UInt8:
                return Take(1)[0];
            case MessagePackCode.UInt16:
                return BinaryPrimitives.ReadUInt16BigEndian(Take(2));
            case MessagePackCode.UInt32:
                return BinaryPrimitives.ReadUInt32BigEndian(Take(4));
            case MessagePackCode.UInt64:
                ulong value = BinaryPrimitives.ReadUInt64BigEndian(Take(8));
                return value <= long.MaxValue ? (long)value : throw OutOfRange(start, value, 0, long.MaxValue);
            case MessagePackCode.Int8:
                return (sbyte)Take(1)[0];
            case MessagePackCode.Int16:
                return BinaryPrimitives.ReadInt16BigEndian(Take(2));
            case MessagePackCode.Int32:
                return BinaryPrimitives.ReadInt32BigEndian(Take(4));
            case MessagePackCode.Int64:
                return BinaryPrimitives.ReadInt64BigEndian(Take(8));
            default:
                Position = start;
                throw Unexpected("an integer");
        }
    }

    /// <summary>An integer within bounds, both allowed.</summary>
    public int ReadInt32(int least = int.MinValue, int most = int.MaxValue)
    {
        int start = Position;
        long value = ReadInteger();
        return value >= least && value <= most ? (int)value : throw OutOfRange(start, value, least, most);
    }

    public string ReadString()
    {
        int start = Position;
        try
        {
            return Utf8.GetString(ReadUtf8());
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"MessagePack: the text at byte {start} is not UTF-8.", e);
        }
    }

    /// <summary>The bytes of a text, which need not be UTF-8.</summary>
    public ReadOnlySpan<byte> ReadUtf8()
    {
        byte code = Peek();
        int sizeBytes = code switch
        {
            >= MessagePackCode.FixStr and <= (MessagePackCode.FixStr | 31) => 0,
            MessagePackCode.Str8 => 1,
            MessagePackCode.Str16 => 2,
            MessagePackCode.Str32 => 4,
            _ => throw Unexpected("a text"),
        };
        Position++;
        return Take(sizeBytes == 0 ? code & 31 : ReadSize(sizeBytes));
    }

    public ReadOnlySpan<byte> ReadBinary()
    {
        int sizeBytes = Peek() switch
        {
            MessagePackCode.Bin8 => 1,
            MessagePackCode.Bin16 => 2,
            MessagePackCode.Bin32 => 4,
            _ => throw Unexpected("binary data"),
        };
        Position++;
        return Take(ReadSize(sizeBytes));
    }

    /// <returns>How many values follow; never more than bytes are left.</returns>
    public int ReadArrayHeader() => ReadHeader(MessagePackCode.FixArray, MessagePackCode.Array16, 1, "an array");

    /// <returns>How many pairs follow.</returns>
    public int ReadMapHeader() => ReadHeader(MessagePackCode.FixMap, MessagePackCode.Map16, 2, "a map");

    /// <summary>Passes over one value, whatever it is.</summary>
    public void Skip() => Skip(MaxDepth);

    private void Skip(int depth)
    {
        byte code = Peek();
        int values = 0;
        if ((code & 0xF0) == MessagePackCode.FixArray || code is MessagePackCode.Array16 or MessagePackCode.Array32)
            values = ReadArrayHeader();
        else if ((code & 0xF0) == MessagePackCode.FixMap || code is MessagePackCode.Map16 or MessagePackCode.Map32)
            values = 2 * ReadMapHeader();
        else if ((code & 0xE0) == MessagePackCode.FixStr || code is >= MessagePackCode.Str8 and <= MessagePackCode.Str32)
            ReadUtf8();
        else if (code is >= MessagePackCode.Bin8 and <= MessagePackCode.Bin32)
            ReadBinary();
        else
            Take(1 + ScalarBytes(code));
        if (values > 0 && depth == 0)
            throw new InvalidDataException(
                $"MessagePack: more than {MaxDepth} arrays and maps within each other at byte {Position}; that is no file of this tool.");
        for (; values > 0; values--)
            Skip(depth - 1);
    }

    private readonly int ScalarBytes(byte code) => code switch
    {
        MessagePackCode.Nil or MessagePackCode.True or MessagePackCode.False => 0,
        < MessagePackCode.FixMap or >= MessagePackCode.NegativeFixInt => 0,
        MessagePackCode.UInt8 or MessagePackCode.Int8 => 1,
        MessagePackCode.UInt16 or MessagePackCode.Int16 => 2,
        MessagePackCode.UInt32 or MessagePackCode.Int32 => 4,
        MessagePackCode.UInt64 or MessagePackCode.Int64 => 8,
        _ => throw Unexpected("nil, a bool, an integer, a text, binary data, an array or a map"),
    };

    private int ReadHeader(byte fix, byte code16, int bytesEach, string what)
    {
        int start = Position;
        byte code = Peek();
        int sizeBytes = code == code16 ? 2 : code == code16 + 1 ? 4 : (code & 0xF0) == fix ? 0 : throw Unexpected(what);
        Position++;
        int count = sizeBytes == 0 ? code & 15 : ReadSize(sizeBytes);
        if ((long)count * bytesEach > _bytes.Length - Position)
            throw new InvalidDataException(
                $"MessagePack: {what} at byte {start} says that it holds {count:N0}, and only {_bytes.Length - Position:N0} bytes follow.");
        return count;
    }

    private int ReadSize(int sizeBytes)
    {
        int start = Position;
        var bytes = Take(sizeBytes);
        uint size = sizeBytes switch
        {
            1 => bytes[0],
            2 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        };
        return size <= int.MaxValue ? (int)size : throw OutOfRange(start, size, 0, int.MaxValue);
    }

    private readonly byte Peek() => Position < _bytes.Length ? _bytes[Position] : throw Ends(1);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - Position)
            throw Ends(count);
        Position += count;
        return _bytes.Slice(Position - count, count);
    }

    private readonly InvalidDataException Ends(int count) => new(
        $"MessagePack: {count:N0} bytes are expected at byte {Position}, and only {_bytes.Length - Position:N0} are there.");

    private readonly InvalidDataException Unexpected(string what) => new(
        $"MessagePack: expected {what} at byte {Position}, found the type byte 0x{_bytes[Position]:X2}.");

    private static InvalidDataException OutOfRange(int start, object value, long least, long most) => new(
        $"MessagePack: the number {value} at byte {start} is not within {least} to {most}.");
}
