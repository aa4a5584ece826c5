using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Exporter.Tests;

/// <summary>Damages valid bytes in the ways that files are damaged and forged.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[][] Fragments =
    [
        .. new[]
        {
            "null", "true", "-1", "0", "1e999", "-0.0", "1.5", "9223372036854775807", "9223372036854775808", "18446744073709551616",
            "4611686018427387904", "2147483648", "\"\"", "\"\\ud800\"", "\"\\ud800\":1,", "\"../../etc/passwd\"", "\"/etc/passwd\"", "[]",
            "{}", "[[[[[[[[", "{\"a\":", "\"__metadata__\":", ",", "}", "]", "\u0000", "\"(a+)+$\"", "{{", "}}", "{%", "%}",
            "{% for x in range(99999) %}", "{% endfor %}", "{% if x %}", "{% endif %}", " ~ ", " * 99999999 ", "|tojson", "|list",
            "|map('string')", ".items()", "[::-1]", "[0]", "messages", "(", ")", "not ", " is ", "namespace(a=1)",
            "{% set ns.a = [ns.a, ns.a] %}", "{% macro f(x) %}", "{% endmacro %}", "f(f)", "'", "\\u",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xEF, 0xBB, 0xBF],
    ];

    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 8, 255, 65535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 62, 100_000_001];

    private readonly Random _random = new(seed);

    /// <summary>One to four damages.</summary>
    /// <param name="other">Another valid file of the kind.</param>
    public byte[] Mutate(byte[] valid, byte[] other)
    {
        var bytes = valid;
        for (var i = _random.Next(2) * _random.Next(4); i >= 0; i--)
            bytes = MutateOnce(bytes, other);
        return bytes;
    }

    private byte[] MutateOnce(byte[] bytes, byte[] other)
    {
        var at = _random.Next(bytes.Length + 1);
        var length = Math.Min(_random.Next(1, 1 << _random.Next(1, 8)), bytes.Length - at);
        return _random.Next(10) switch
        {
            0 => Flip(bytes),
            1 => bytes[..at],
            2 => Replace(bytes, at, length, []),
            3 => Replace(bytes, at, 0, RandomBytes()),
            4 or 5 => Replace(bytes, at, _random.Next(2) * length, Fragments[_random.Next(Fragments.Length)]),
            6 => EditNumber(bytes, at),
            7 => Overwrite(bytes, at),
            8 => DuplicateEntry(bytes, at, length),
            _ => [.. bytes.AsSpan(0, at), .. other.AsSpan(_random.Next(other.Length + 1))],
        };
    }

    private byte[] Flip(byte[] bytes)
    {
        var copy = (byte[])bytes.Clone();
        for (var i = _random.Next(1, 5); i > 0 && copy.Length > 0; i--)
            copy[_random.Next(copy.Length)] ^= (byte)(1 << _random.Next(8));
        return copy;
    }

    private byte[] RandomBytes()
    {
        var bytes = new byte[_random.Next(1, 17)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Replace(byte[] bytes, int at, int length, ReadOnlySpan<byte> by) =>
        [.. bytes.AsSpan(0, at), .. by, .. bytes.AsSpan(at + length)];

    /// <summary>The next number in the text becomes another.</summary>
    private byte[] EditNumber(byte[] bytes, int at)
    {
        var start = at + bytes.AsSpan(at).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (start < at)
            return Flip(bytes);
        var length = bytes.AsSpan(start).IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        var number = Numbers[_random.Next(Numbers.Length)] + _random.Next(-1, 2);
        return Replace(bytes, start, length < 0 ? bytes.Length - start : length, Encoding.ASCII.GetBytes($"{number}"));
    }

    /// <summary>A binary number, as lengths and offsets are kept.</summary>
    private byte[] Overwrite(byte[] bytes, int at)
    {
        var number = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Numbers[_random.Next(Numbers.Length)] + _random.Next(-4, 5));
        var size = Math.Min(1 << _random.Next(4), bytes.Length - at);
        return Replace(bytes, at, size, number.AsSpan(0, size));
    }

    /// <summary>From one quote to a comma: often a whole entry, so that a key comes twice.</summary>
    private byte[] DuplicateEntry(byte[] bytes, int at, int length)
    {
        var start = at + bytes.AsSpan(at).IndexOf((byte)'"');
        if (start < at)
            return Replace(bytes, at, 0, bytes.AsSpan(at, length));
        var end = bytes.AsSpan(start).IndexOf((byte)',');
        return Replace(bytes, start, 0, bytes.AsSpan(start, end < 0 ? bytes.Length - start : end + 1));
    }
}
