using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace XlLoraOnnx.Synthesis;

/// <summary>
/// Which of the languages of one script uses a text's n-grams: multinomial naive Bayes over one to four characters (Lui and Baldwin,
/// langid.py, ACL 2012), which on sentences of eight words was right more often than the ranks of Cavnar and Trenkle (1994).
/// Written by <c>tools/reference/language_profiles.mjs</c>.
/// </summary>
internal sealed class LanguageProfiles
{
    /// <summary>The values of the file are halves of nats.</summary>
    public const float Nats = 0.5f;

    /// <summary>More letters than these make no guess surer.</summary>
    private const int MaxLetters = 400;

    private const int LongestWord = 40;
    private const string Resource = "Filters/languages.bin";
    private static readonly Lazy<Dictionary<Script, LanguageProfiles>> Loaded = new(LoadAll);

    /// <summary>Words that are kept; a text has most of its words in common with others.</summary>
    private const int KeptWords = 1 << 12;

    private readonly NGram[] _grams;
    private readonly KnownWord?[] _words = new KnownWord?[KeptWords];
    private readonly byte[] _values;
    private readonly int _width;
    private readonly int _shift;

    private LanguageProfiles(string[] codes, string[] grams, ReadOnlySpan<byte> halves)
    {
        Codes = codes;
        _width = (codes.Length + Vector<byte>.Count - 1) / Vector<byte>.Count * Vector<byte>.Count;
        _values = new byte[grams.Length * _width];
        var found = new Dictionary<ulong, NGram>(grams.Length);
        var half = 0;
        for (var g = 0; g < grams.Length; g++)
        {
            for (var l = 0; l < codes.Length; l++, half++)
                _values[g * _width + l] = (byte)(halves[half >> 1] >> (4 * (half & 1)) & 15);
            var key = KeyOf(grams[g]);
            found[key] = new NGram(key, g * _width, found.TryGetValue(key, out var known) && known.HasLonger);
            for (var n = 1; n < grams[g].Length; n++)
            {
                key = KeyOf(grams[g].AsSpan(0, n));
                found[key] = new NGram(key, found.TryGetValue(key, out var begin) ? begin.Row : -1, HasLonger: true);
            }
        }
        _grams = new NGram[BitOperations.RoundUpToPowerOf2((uint)found.Count * 2)];
        _shift = 64 - BitOperations.Log2((uint)_grams.Length);
        foreach (var gram in found.Values)
            _grams[SlotOf(gram.Key)] = gram;
    }

    /// <summary>Codes of the languages, in the order of the sums.</summary>
    public string[] Codes { get; }

    /// <returns>Null for a script that has no n-grams, because one language alone uses it.</returns>
    public static LanguageProfiles? Of(Script script) => Loaded.Value.GetValueOrDefault(script);

    /// <summary>Adds up, for each language, how much its use of the text's n-grams speaks for it, in halves of nats.</summary>
    /// <param name="withoutNames">Leaves out words with a capital that do not begin the text.</param>
    /// <param name="sums">As long as <see cref="Codes"/>.</param>
    public TextMeasure Score(ReadOnlySpan<char> text, bool withoutNames, Span<int> sums)
    {
        // no more than 4 n-grams of a letter, each below 16
        Span<ushort> lanes = stackalloc ushort[_width];
        lanes.Clear();
        Span<char> word = stackalloc char[LongestWord + 2];
        var measure = default(TextMeasure);
        for (var i = 0; i < text.Length && measure.Letters < MaxLetters;)
        {
            if (!IsOfWord(text, i))
            {
                i++;
                continue;
            }
            var isName = withoutNames && char.IsUpper(text[i]) && measure.Words > 0;
            var length = 0;
            for (word[0] = ' '; i < text.Length && length < LongestWord && IsOfWord(text, i); i++)
                word[++length] = IsApostrophe(text[i]) ? '\'' : char.ToLowerInvariant(text[i]);
            word[length + 1] = ' ';
            if (isName)
                continue;
            AddWord(word[..(length + 2)], lanes);
            measure = new TextMeasure(measure.Letters + length, measure.Words + 1);
        }
        for (var l = 0; l < sums.Length; l++)
            sums[l] = lanes[l];
        return measure;
    }

    /// <summary>Letters, their marks, and apostrophes between letters.</summary>
    private static bool IsOfWord(ReadOnlySpan<char> text, int i)
    {
        var c = text[i];
        if (char.IsAsciiLetter(c))
            return true;
        if (IsApostrophe(c))
            return i > 0 && i + 1 < text.Length && char.IsLetter(text[i - 1]) && char.IsLetter(text[i + 1]);
        return c >= 0x80 && (char.IsLetter(c)
            || char.GetUnicodeCategory(c) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark);
    }

    private static bool IsApostrophe(char c) => c is '\'' or '’' or 'ʼ' or '‘';

    /// <param name="padded">The word between two spaces.</param>
    private void AddWord(ReadOnlySpan<char> padded, Span<ushort> lanes)
    {
        // words are never taken out again, and what is frequent comes early
        ref var place = ref _words[HashCounts.Of(padded) % KeptWords];
        if (Volatile.Read(ref place) is not { } word)
        {
            var sums = new ushort[_width];
            AddNGrams(padded, sums);
            Volatile.Write(ref place, word = new KnownWord(padded.ToString(), sums));
        }
        if (!padded.SequenceEqual(word.Padded))
            AddNGrams(padded, lanes);
        else
            for (var l = 0; l < lanes.Length; l += Vector<ushort>.Count)
                (new Vector<ushort>(lanes[l..]) + new Vector<ushort>(word.Lanes, l)).CopyTo(lanes[l..]);
    }

    private void AddNGrams(ReadOnlySpan<char> padded, Span<ushort> lanes)
    {
        for (var i = 0; i < padded.Length; i++)
        {
            var key = 0UL;
            for (var n = 0; n < 4 && i + n < padded.Length; n++)
            {
                key |= (ulong)padded[i + n] << (16 * n);
                if (key == ' ')
                    continue;
                ref readonly var gram = ref _grams[SlotOf(key)];
                if (gram.Key == 0)
                    break;
                if (gram.Row >= 0)
                    AddRow(gram.Row, lanes);
                if (!gram.HasLonger)
                    break;
            }
        }
    }

    private void AddRow(int row, Span<ushort> lanes)
    {
        var half = Vector<ushort>.Count;
        for (var l = 0; l < _width; l += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(_values, row + l), out var low, out var high);
            (new Vector<ushort>(lanes[l..]) + low).CopyTo(lanes[l..]);
            (new Vector<ushort>(lanes[(l + half)..]) + high).CopyTo(lanes[(l + half)..]);
        }
    }

    /// <returns>Where the key is, or the free slot where it would be.</returns>
    private int SlotOf(ulong key)
    {
        var slot = (int)(key * 0x9E3779B97F4A7C15 >> _shift);
        while (_grams[slot].Key != 0 && _grams[slot].Key != key)
            slot = slot + 1 & _grams.Length - 1;
        return slot;
    }

    private static ulong KeyOf(ReadOnlySpan<char> gram)
    {
        var key = 0UL;
        for (var n = 0; n < gram.Length; n++)
            key |= (ulong)gram[n] << (16 * n);
        return key;
    }

    private static Dictionary<Script, LanguageProfiles> LoadAll()
    {
        using var stream = typeof(LanguageProfiles).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks the resource '{Resource}'.");
        using var reader = new BinaryReader(new BrotliStream(stream, CompressionMode.Decompress), Encoding.UTF8);
        var profiles = new Dictionary<Script, LanguageProfiles>();
        for (var groups = reader.ReadInt32(); groups > 0; groups--)
        {
            var script = Enum.Parse<Script>(ReadText(reader));
            var codes = ReadText(reader).Split(' ');
            var grams = ReadText(reader).Split('\n');
            profiles.Add(script, new LanguageProfiles(codes, grams, reader.ReadBytes((codes.Length * grams.Length + 1) / 2)));
        }
        return profiles;
    }

    private static string ReadText(BinaryReader reader) => Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));

    /// <param name="Key">Its characters, the first lowest; 0 for a free slot.</param>
    /// <param name="Row">Where its values begin; −1 for what is only the beginning of others.</param>
    /// <param name="HasLonger">Whether there is any that begins with it.</param>
    private readonly record struct NGram(ulong Key, int Row, bool HasLonger);

    /// <param name="Lanes">What its n-grams add up to.</param>
    private sealed record KnownWord(string Padded, ushort[] Lanes);
}
