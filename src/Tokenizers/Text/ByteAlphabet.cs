using System.Collections.Frozen;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// The 256 printable characters that stand for bytes in byte-level vocabularies (GPT-2, <c>bytes_to_unicode</c>): printable Latin-1 stands
/// for itself, the rest for U+0100 onwards.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Chars = Alphabet();
    private static readonly FrozenDictionary<char, byte> Bytes =
        Chars.Select((c, b) => (c, b)).ToFrozenDictionary(p => p.c, p => (byte)p.b);

    /// <summary>What stands for a space: U+0120.</summary>
    public static char Space => Chars[' '];

    public static char CharOf(byte value) => Chars[value];

    public static bool TryGetByte(char c, out byte value) => Bytes.TryGetValue(c, out value);

    private static char[] Alphabet()
    {
        var chars = new char[256];
        var next = '\u0100';
        for (var b = 0; b < chars.Length; b++)
            chars[b] = b is >= '!' and <= '~' or >= 0xA1 and <= 0xAC or >= 0xAE ? (char)b : next++;
        return chars;
    }
}
