namespace XlLoraOnnx.Tokenizers;

/// <summary>
/// The ids of short words that were met: words come again and again. A table of fixed size, in which the newer word takes the place of the
/// older: hostile texts make it useless, not large.
/// </summary>
internal sealed class BpeWordCache
{
    public const int LongestWord = 24;
    private const int MaxIds = 12;
    private const int Slots = 1 << 13;

    private readonly char[] _words = new char[Slots * LongestWord];
    private readonly int[] _ids = new int[Slots * MaxIds];
    private readonly (byte Length, byte Ids)[] _sizes = new (byte, byte)[Slots];

    /// <returns>False where the word is not there.</returns>
    public bool TryGet(ReadOnlySpan<char> word, int slot, out ReadOnlySpan<int> ids)
    {
        var (length, count) = _sizes[slot];
        ids = _ids.AsSpan(slot * MaxIds, count);
        return length == word.Length && word.SequenceEqual(_words.AsSpan(slot * LongestWord, length));
    }

    public void Set(ReadOnlySpan<char> word, int slot, ReadOnlySpan<int> ids)
    {
        if (ids.Length > MaxIds)
            return;
        word.CopyTo(_words.AsSpan(slot * LongestWord));
        ids.CopyTo(_ids.AsSpan(slot * MaxIds));
        _sizes[slot] = ((byte)word.Length, (byte)ids.Length);
    }

    public static int SlotOf(ReadOnlySpan<char> word)
    {
        var hash = 0x811C9DC5u;
        foreach (var c in word)
            hash = (hash ^ c) * 0x01000193;
        return (int)((hash * 0x9E3779B1) >> (32 - 13));
    }
}
