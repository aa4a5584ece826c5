using System.Text;
using MessagePack;

namespace XlLoraOnnx.Synthesis;

/// <summary>The official package's reader of MessagePack over bytes of a journal, which nobody vouches for.</summary>
/// <remarks>
/// It allocates nothing that the input does not pay for, and passes over values without recursion. But it complains in several kinds of
/// exception, and takes more than a journal holds: nil or bytes that are no UTF-8 as a text, a text as binary data. Here all of that
/// becomes <see cref="InvalidDataException"/> with its place.
/// </remarks>
internal static class JournalValues
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <param name="state">For the decoder, so that it need not be made anew for each record.</param>
    /// <exception cref="InvalidDataException">The bytes are not what the decoder reads.</exception>
    public static T Decode<TState, T>(ReadOnlyMemory<byte> bytes, TState state, Decoder<TState, T> decode)
    {
        var reader = new MessagePackReader(bytes);
        try
        {
            return decode(ref reader, state);
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException(
                $"MessagePack: near byte {reader.Consumed} a value needs more than the {bytes.Length:N0} bytes that are there", e);
        }
        // a code that is not the one asked for; a number, a length of the package's own arithmetic beyond its range; no UTF-8
        catch (Exception e) when (e is MessagePackSerializationException or OverflowException or ArgumentException)
        {
            throw new InvalidDataException($"MessagePack: near byte {reader.Consumed}: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>A text, which must be there and be UTF-8.</summary>
    public static string ReadText(this ref MessagePackReader reader) => Utf8.GetString(reader.ReadUtf8());

    /// <summary>A text or nil.</summary>
    public static string? ReadOptionalText(this ref MessagePackReader reader) => reader.TryReadNil() ? null : reader.ReadText();

    /// <summary>The bytes of a text, which need not be UTF-8.</summary>
    public static ReadOnlySpan<byte> ReadUtf8(this ref MessagePackReader reader) => reader.TryReadStringSpan(out var text) ? text
        : throw new InvalidDataException($"MessagePack: expected a text at byte {reader.Consumed}, found {reader.NextMessagePackType}");

    public static RowKey ReadKey(this ref MessagePackReader reader)
    {
        if (reader.NextMessagePackType != MessagePackType.Binary)
            throw new InvalidDataException(
                $"MessagePack: expected binary data at byte {reader.Consumed}, found {reader.NextMessagePackType}");
        var key = reader.ReadBytes()!.Value;
        return key.Length == RowKey.Bytes ? new RowKey(key.FirstSpan) : throw new InvalidDataException(
            $"the row key before byte {reader.Consumed} of the record has {key.Length} bytes and not {RowKey.Bytes}");
    }

    /// <summary>An integer from 0 on.</summary>
    /// <param name="most">Allowed too.</param>
    public static int ReadCount(this ref MessagePackReader reader, int most = int.MaxValue)
    {
        long value = reader.ReadInt64();
        return value >= 0 && value <= most ? (int)value : throw new InvalidDataException(
            $"MessagePack: the number {value} before byte {reader.Consumed} is not within 0 to {most}");
    }

    public delegate T Decoder<TState, T>(ref MessagePackReader reader, TState state);
}
