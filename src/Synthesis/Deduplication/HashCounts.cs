using System.Runtime.InteropServices;

namespace XlLoraOnnx.Synthesis;

/// <summary>How often each hash of 64 even bits has come; 11 to 14 bytes a hash.</summary>
/// <remarks>
/// There are many small tables, so that growing one never needs twice the memory. Among a million texts the chance that any two have
/// the same hash is 3·10⁻⁸. Not thread-safe.
/// </remarks>
/// <param name="expected">About so many hashes come without that a table grows, which leaves holes in the memory.</param>
internal sealed class HashCounts(long expected = 0)
{
    private const int TableBits = 8;

    private readonly CountTable[] _tables =
        [.. Enumerable.Range(0, 1 << TableBits).Select(_ => new CountTable((int)Math.Min(1 << 28, expected >> TableBits)))];

    /// <summary>How many different hashes there are.</summary>
    public int Distinct { get; private set; }

    /// <summary>How often each has come, in no order.</summary>
    public IEnumerable<int> Counts => _tables.SelectMany(t => t.Counts);

    /// <summary>A hash of a text that is the same only within a process; equal texts have equal ones.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = 0x9E3779B97F4A7C15UL ^ (ulong)text.Length;
        var words = MemoryMarshal.Cast<char, ulong>(text);
        foreach (var word in words)
            hash = Mix(hash, word);
        var rest = 0UL;
        foreach (var c in text[(4 * words.Length)..])
            rest = rest << 16 | c;
        hash = Mix(hash, rest);
        hash ^= hash >> 32;
        hash *= 0xFF51AFD7ED558CCD;
        return hash ^ hash >> 29;
    }

    /// <returns>How often it has come, this time included.</returns>
    public int Add(ulong hash)
    {
        var count = _tables[hash >> (64 - TableBits)].Add(hash);
        Distinct += count == 1 ? 1 : 0;
        return count;
    }

    private static ulong Mix(ulong hash, ulong word)
    {
        var high = Math.BigMul(hash ^ word, 0xA0761D6478BD642F, out var low);
        return high ^ low ^ word * 0xE7037ED1A0B428DB;
    }
}
