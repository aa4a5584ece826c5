using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Docs.Tests;

/// <summary>
/// MessagePack as its specification has it (github.com/msgpack/msgpack, spec.md), as far as journals need it: a reader that knows nothing
/// of the one under test.
/// </summary>
internal static class MessagePackValues
{
    /// <returns>null, long, string, byte[], list or dictionary; and where the next value begins.</returns>
    public static (object? Value, int End) Read(ReadOnlyMemory<byte> bytes, int at)
    {
        var code = bytes.Span[at++];
        return code switch
        {
            < 0x80 => ((long)code, at),
            < 0x90 => Map(bytes, at, code & 15),
            < 0xA0 => List(bytes, at, code & 15),
            < 0xC0 => Text(bytes, at, code & 31),
            0xC0 => (null, at),
            0xC4 => Binary(bytes, at + 1, Number(bytes, at, 1)),
            0xCC or 0xCD or 0xCE or 0xCF => (Number(bytes, at, 1 << (code - 0xCC)), at + (1 << (code - 0xCC))),
            0xD9 or 0xDA => Text(bytes, at + (code - 0xD8), Number(bytes, at, code - 0xD8)),
            0xDC => List(bytes, at + 2, Number(bytes, at, 2)),
            0xDE => Map(bytes, at + 2, Number(bytes, at, 2)),
            _ => throw new InvalidDataException($"The type byte 0x{code:X2} at {at - 1} is not expected in a journal."),
        };
    }

    private static long Number(ReadOnlyMemory<byte> bytes, int at, int count)
    {
        Span<byte> wide = stackalloc byte[8];
        wide.Clear();
        bytes.Span.Slice(at, count).CopyTo(wide[(8 - count)..]);
        return BinaryPrimitives.ReadInt64BigEndian(wide);
    }

    private static (object, int) Text(ReadOnlyMemory<byte> bytes, int at, long length) =>
        (Encoding.UTF8.GetString(bytes.Span.Slice(at, (int)length)), at + (int)length);

    private static (object, int) Binary(ReadOnlyMemory<byte> bytes, int at, long length) =>
        (bytes.Slice(at, (int)length).ToArray(), at + (int)length);

    private static (object, int) List(ReadOnlyMemory<byte> bytes, int at, long count)
    {
        var values = new List<object?>();
        for (; count > 0; count--)
        {
            (var value, at) = Read(bytes, at);
            values.Add(value);
        }
        return (values, at);
    }

    private static (object, int) Map(ReadOnlyMemory<byte> bytes, int at, long count)
    {
        var (values, end) = List(bytes, at, 2 * count);
        return (((List<object?>)values).Chunk(2).ToDictionary(p => (string)p[0]!, p => p[1]), end);
    }
}
