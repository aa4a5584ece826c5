using System.Buffers.Binary;
using System.Text;

namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// The character map of SentencePiece (<c>precompiled_charsmap</c>): a double-array trie over UTF-8 (Darts), whose values are places in a
/// list of texts that end in NUL. The shortest key that begins the text counts, as in the reference (crate spm_precompiled).
/// </summary>
internal sealed class CharacterMap
{
    private const int MaxKey = 8;

    private readonly uint[] _units;
    private readonly byte[] _texts;
    private readonly string _where;
    private readonly string?[] _basicPlane = new string?[0x10000];

    /// <param name="map">The size of the trie in bytes (32 bits, little-endian), the trie, the texts.</param>
    /// <exception cref="InvalidDataException">It is none of that.</exception>
    public CharacterMap(byte[] map, string where)
    {
        _where = where;
        var size = map.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32LittleEndian(map);
        if (map.Length < 8 || size > map.Length - 4 || size % 4 != 0 || size == 0)
            throw Damaged($"it has {map.Length:N0} bytes and claims a trie of {size:N0}");
        _units = new uint[size / 4];
        for (var i = 0; i < _units.Length; i++)
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map.AsSpan(4 + i * 4));
        _texts = map[(int)(4 + size)..];
        for (var c = 0; c < _basicPlane.Length; c++)
        {
            if (!char.IsSurrogate((char)c))
                _basicPlane[c] = Search([(char)c]);
        }
    }

    /// <param name="text">Up to six bytes in UTF-8.</param>
    /// <returns>What stands for it; null where it stays.</returns>
    public string? Find(ReadOnlySpan<char> text) => text.Length == 1 ? _basicPlane[text[0]] : Search(text);

    private string? Search(ReadOnlySpan<char> text)
    {
        Span<byte> key = stackalloc byte[MaxKey];
        var length = Encoding.UTF8.GetBytes(text, key);
        var node = Offset(Unit(0));
        foreach (var b in key[..length])
        {
            if (b == 0)
                return null;
            node ^= b;
            var unit = Unit(node);
            if ((unit & 0x800000FF) != b)
                return null;
            node ^= Offset(unit);
            if (((unit >> 8) & 1) != 0)
                return TextAt(Unit(node) & 0x7FFFFFFF);
        }
        return null;
    }

    private uint Unit(uint index) => index < _units.Length
        ? _units[index]
        : throw Damaged($"its trie of {_units.Length:N0} units points to {index:N0}");

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);

    private string TextAt(uint start)
    {
        if (start > _texts.Length)
            throw Damaged($"its texts of {_texts.Length:N0} bytes are asked for byte {start:N0}");
        var text = _texts.AsSpan((int)start);
        var end = text.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? text : text[..end]);
    }

    private InvalidDataException Damaged(string why) => new($"{_where}: the precompiled_charsmap is damaged: {why}.");
}
