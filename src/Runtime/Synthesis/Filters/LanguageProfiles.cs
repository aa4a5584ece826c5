using System.Globalization;
using System.IO.Compression;
using System.Numerics;
using System.Text;

namespace XlLoraOnnx.Runtime;

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
    private const int MostLetters = 400;

    private const int LongestWord = 40;
    private const string Resource = "Filters/languages.bin";
    private static readonly Lazy<Dictionary<Script, LanguageProfiles>> Loaded = new(LoadAll);

    /// <summary>Values are below 16, so that so many of them fit a byte.</summary>
    private const int RowsOfBytes = byte.MaxValue / 15;

    private readonly NGram[] _grams;
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
        sums.Clear();
        Span<byte> lanes = stackalloc byte[_width];
        lanes.Clear();
        var rows = 0;
        Span<char> word = stackalloc char[LongestWord + 2];
        var measure = default(TextMeasure);
        for (var i = 0; i < text.Length && measure.Letters < MostLetters;)
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
            AddWord(word[..(length + 2)], lanes, ref rows, sums);
            measure = new TextMeasure(measure.Letters + length, measure.Words + 1);
        }
        Empty(lanes, sums);
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
    /// <param name="lanes">Sums over so many rows as <paramref name="rows"/> says, which are not in <paramref name="sums"/> yet.</param>
    private void AddWord(ReadOnlySpan<char> padded, Span<byte> lanes, ref int rows, Span<int> sums)
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
                {
                    for (var l = 0; l < lanes.Length; l += Vector<byte>.Count)
                        (new Vector<byte>(lanes[l..]) + new Vector<byte>(_values, gram.Row + l)).CopyTo(lanes[l..]);
                    if (++rows == RowsOfBytes)
                    {
                        Empty(lanes, sums);
                        rows = 0;
                    }
                }
                if (!gram.HasLonger)
                    break;
            }
        }
    }

    private static void Empty(Span<byte> lanes, Span<int> sums)
    {
        for (var l = 0; l < sums.Length; l++)
            sums[l] += lanes[l];
        lanes.Clear();
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
}
