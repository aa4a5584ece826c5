namespace XlLoraOnnx.Cli.Tests;

/// <summary>The fields of a protobuf message by their numbers, as the wire has them.</summary>
internal sealed class ProtobufFields
{
    private readonly List<(int Number, ulong Value, byte[]? Bytes)> _fields = [];

    /// <exception cref="InvalidDataException">It is no message.</exception>
    public ProtobufFields(ReadOnlySpan<byte> message)
    {
        while (message.Length > 0)
        {
            var tag = Varint(ref message);
            var number = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((number, Varint(ref message), null));
                    break;
                case 1:
                    _fields.Add((number, BitConverter.ToUInt64(Take(ref message, sizeof(ulong))), null));
                    break;
                case 2:
                    _fields.Add((number, 0, Take(ref message, checked((int)Varint(ref message))).ToArray()));
                    break;
                case 5:
                    _fields.Add((number, BitConverter.ToUInt32(Take(ref message, sizeof(uint))), null));
                    break;
                default:
                    throw new InvalidDataException($"Field {number} has wire type {tag & 7}.");
            }
        }
    }

    public IEnumerable<ProtobufFields> Messages(int number) =>
        _fields.Where(f => f.Number == number && f.Bytes is not null).Select(f => new ProtobufFields(f.Bytes));

    /// <summary>Empty where it is not there.</summary>
    public byte[] Bytes(int number) => _fields.SingleOrDefault(f => f.Number == number).Bytes ?? [];

    public string Text(int number) => System.Text.Encoding.UTF8.GetString(Bytes(number));

    /// <summary>0 where it is not there.</summary>
    public ulong Number(int number) => _fields.SingleOrDefault(f => f.Number == number).Value;

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = Take(ref bytes, 1)[0];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count)
    {
        if (count > bytes.Length)
            throw new InvalidDataException($"{count} bytes are announced, and {bytes.Length} are there.");
        var taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }
}
