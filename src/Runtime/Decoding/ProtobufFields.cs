using System.Text;

namespace XlLoraOnnx.Runtime;

/// <param name="Start">Of its content in the file: a message, a text or a number.</param>
/// <param name="Value">Of a number.</param>
internal readonly record struct ProtobufField(int Number, int Start, int Length, long Value);

/// <summary>Fields of a protobuf message and where they lie (protobuf.dev, Encoding); what they mean is the caller's business.</summary>
internal sealed class ProtobufFields(byte[] bytes, string path)
{
    private const int Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5;

    /// <summary>Fields of one number within a message, in their order.</summary>
    /// <param name="message">Null for the file.</param>
    public IEnumerable<ProtobufField> Within(ProtobufField? message, int number)
    {
        var (position, end) = message is { } m ? (m.Start, m.Start + m.Length) : (0, bytes.Length);
        while (position < end)
        {
            var field = Next(ref position, end);
            if (field.Number == number)
                yield return field;
        }
    }

    public string Text(ProtobufField field) => Encoding.UTF8.GetString(bytes, field.Start, field.Length);

    private ProtobufField Next(ref int position, int end)
    {
        var key = Number(ref position, end);
        var (start, value) = (position, 0L);
        long length;
        switch ((int)(key & 7))
        {
            case Varint:
                value = (long)Number(ref position, end);
                length = position - start;
                position = start;
                break;
            case Bytes:
                length = (long)Number(ref position, end);
                start = position;
                break;
            case Fixed64:
                length = sizeof(ulong);
                break;
            case Fixed32:
                length = sizeof(uint);
                break;
            default:
                throw Malformed(start, $"the wire type {key & 7}");
        }
        if (length < 0 || length > end - position)
            throw Malformed(start, $"a field of {length:N0} bytes where {end - position:N0} are left");
        position += (int)length;
        return new ProtobufField((int)(key >> 3), start, (int)length, value);
    }

    private ulong Number(ref int position, int end)
    {
        var value = 0UL;
        for (var shift = 0; shift < 64 && position < end; shift += 7)
        {
            var next = bytes[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Malformed(position, "a number without an end");
    }

    private InvalidDataException Malformed(int position, string what) => new(
        $"'{path}' is no ONNX model: {what} at byte {position:N0}. The file was changed after the export; export the model again.");
}
